"""Booths in LiveKit rooms, for viewers by HTTP."""
