"""What was told over time: series, shifts, charts."""
