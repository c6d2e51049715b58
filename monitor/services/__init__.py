"""The order of things: read, ask core to decide, write, log."""
