"""Starts everything on one machine, keeps it running, and ends all of it."""
