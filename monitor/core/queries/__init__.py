"""The query language: its grammar, its fields, its trees, and what they find in a text."""
