"""Brings pictures and sound into a room as a participant: a file, or the demo film."""
