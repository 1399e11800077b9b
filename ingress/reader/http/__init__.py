"""Sources over HTTP: MJPEG in all its forms, snapshots, HLS and files, through one checked client.

`open_source` says what an address has; everything raises SourceFailure and nothing of httpcore.
"""

from ingress.reader.http.client import HttpClient, open_http
from ingress.reader.http.media import HttpMedia
from ingress.reader.http.multipart import Jpeg
from ingress.reader.http.source import HttpSource, open_source
from ingress.reader.http.stream import HttpStream

__all__ = [
    "HttpClient",
    "HttpMedia",
    "HttpSource",
    "HttpStream",
    "Jpeg",
    "open_http",
    "open_source",
]
