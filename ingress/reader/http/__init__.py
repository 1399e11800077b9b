"""Sources over HTTP: MJPEG in all its forms, snapshots, HLS and files, through one checked client.

`open_source` says what an address has; everything raises SourceFailure and nothing of httpx2.
"""

from ingress.reader.http.media import HttpMedia
from ingress.reader.http.source import HttpSource, open_source

__all__ = ["HttpMedia", "HttpSource", "open_source"]
