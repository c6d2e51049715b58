"""Settings, feeds.yaml and rules/*.yaml read into validated values, with every mistake reported at once."""
