"""Sources over HTTP: MJPEG in all its forms, snapshots, HLS and files, through one checked client.

Everything raises SourceFailure and nothing of httpx2.
"""
