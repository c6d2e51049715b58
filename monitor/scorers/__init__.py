"""Model engines, one module per kind."""
