"""Which tellings are one story, and which of them speak for themselves."""
