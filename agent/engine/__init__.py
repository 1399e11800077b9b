"""Engines as the booth asks them: several at once, of other projects, two in a row."""
