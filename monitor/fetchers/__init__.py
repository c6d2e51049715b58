"""Ways to get feed documents, one module per kind."""
