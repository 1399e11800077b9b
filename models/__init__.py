"""Engines: models that turn a window of pictures into text and speech, and their server."""
