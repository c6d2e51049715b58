"""Places where everything is stored, one module per kind."""
