"""Ways to reach a receiver, one module per kind."""
