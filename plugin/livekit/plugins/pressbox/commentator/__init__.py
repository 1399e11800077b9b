"""The commentator: windows in, lines out. Knows no LiveKit."""
