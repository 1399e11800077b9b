"""A process that pushes what a source gives into an RTMP server."""
