"""Rule kinds, one module each: what has to be true of a query's hits for an alert."""
