"""The HTTP API over any `Feeds`."""
