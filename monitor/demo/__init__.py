"""The demo: bundled news on loopback servers, through the real worker, to real email and Slack endpoints."""
