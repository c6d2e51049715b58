"""Formats of a briefing that need programs or libraries of their own."""
