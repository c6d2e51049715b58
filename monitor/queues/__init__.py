"""Ways to run the steps, one module per kind."""
