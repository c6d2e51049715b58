"""What feeds and sites send, and when they are asked: documents, entries, dates, identity, rhythm, health."""
