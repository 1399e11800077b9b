"""Sources over HTTP: MJPEG in all its forms, snapshots, HLS and files, through one checked client.

`open_source` gives what an address has; everything raises SourceFailure and nothing of httpx2.
"""

from ingress.reader.http.media import HttpMedia
from ingress.reader.http.source import Jpegs, open_source

__all__ = ["HttpMedia", "Jpegs", "open_source"]
