"""FastAPI: the JSON API and the pages."""
