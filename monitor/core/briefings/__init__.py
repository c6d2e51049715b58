"""The report an analyst would write: what to say, in which order, with which citation."""
