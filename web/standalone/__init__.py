"""A booth without LiveKit: the source, the commentary and the viewers by HTTP in one process."""
