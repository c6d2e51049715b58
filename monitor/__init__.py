"""A news-monitoring alert service: who takes which side on what, how sure we are, and which sentence shows it."""

__version__ = "1.1.0"
