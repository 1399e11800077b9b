"""MiniCPM-o 4.5: an engine that sees, hears and speaks."""
