"""Pure decisions: values and `now` in, values and reasons out."""
