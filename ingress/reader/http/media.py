"""What FFmpeg reads over HTTP: it asks a proxy on loopback, which fetches by the guarded client.

So playlists, segments and keys, redirects and ranges all come over connections that were checked,
with login and headers where they belong. Addresses are given to FFmpeg as `http://N.TOKEN/path`,
N for one of the hosts that came up; the proxy knows no others.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import httpx2

from ingress.reader.failures import SourceFailure
from ingress.reader.http.client import HttpClient, StatusFailure, checked
from ingress.reader.http.playlist import LONGEST, is_playlist, rewritten
from ingress.reader.http.stream import HttpStream

FORMATS = "hls,mpegts,mov,matroska,flv,aac,mp3,ac3,eac3,webvtt,h264,hevc,mjpeg,mpeg,ogg,wav,ivf"
"""Only formats that open nothing by themselves, other than by the proxy."""

_OPTIONS = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "http,tcp,crypto",
    "extension_picky": "0",
    # One connection for each request: those to the server are kept, behind the proxy.
    "http_persistent": "0",
    "http_multiple": "0",
    # A film goes on where its connection broke; at once, then after 1 s.
    "reconnect": "1",
    "reconnect_delay_max": "1",
}
_AT_ONCE = {"fpsprobesize": "0"}
"""For what is live: else FFmpeg measures its rate first, for two seconds."""
_PASSING = ("not_found", "no_answer", "ended", "protocol", "refused")
_MISSING_IN_A_ROW = 3
_RELOAD = 0.5
"""Seconds after which a playlist that failed is asked for again."""
_PEEKED = 32
_SHORT = 64 * 1024 * 1024
"""Bytes of a file that may be loaded again where a server knows no ranges."""
_HOSTS = 1000


class HttpMedia:
    """Opens a container. `failure` is the last that went wrong, None for nothing: it says more
    than FFmpeg's errors do.

    client and first, the answer that came already, are closed with it.
    """

    def __init__(self, client: HttpClient, first: HttpStream) -> None:
        self.failure: SourceFailure | None = None
        self._client = client
        self._first: HttpStream | None = first
        self._token = secrets.token_hex(16)
        self._hosts: list[str] = []
        self.playlists: set[httpx2.URL] = set()
        """What is asked for again where it fails."""
        self._missing = 0
        self._over = False
        self._server = _Proxy(("127.0.0.1", 0), _Handler)
        self._server.media = self
        self._start = self.given(first.url)
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="media.proxy", daemon=True
        ).start()

    def open(self, options: dict[str, str] | None = None) -> av.container.InputContainer:
        """The container. options: for FFmpeg. Raises SourceFailure, and FFmpeg's errors for what it
        cannot read.
        """
        os.environ.pop("no_proxy", None)  # FFmpeg heeds it before its own option
        first = self._first
        # FFmpeg takes a playlist for one only where its name or type says so.
        hls = first is not None and is_playlist(first.peek(_PEEKED))
        live = {} if first is None or hls or first.length is not None else _AT_ONCE
        proxy = {"http_proxy": f"http://127.0.0.1:{self._server.server_port}"}
        try:
            opened: av.container.InputContainer = av.open(
                self._start,
                "r",
                format="hls" if hls else None,
                options={**(options or {}), **live, **_OPTIONS, **proxy},
            )
        except av.error.FFmpegError:
            if self.failure is not None:
                raise self.failure from None
            raise
        if self.failure is not None and (self._over or not opened.streams.video):
            opened.close()
            raise self.failure
        return opened

    def close(self) -> None:
        """Closes the proxy and all connections. Idempotent."""
        self._over = True
        self._server.shutdown()
        self._server.server_close()
        if self._first is not None:
            self._first.close()
        self._client.close()

    def given(self, url: httpx2.URL) -> str:
        """The address that FFmpeg gets for this one. Raises SourceFailure."""
        host = f"{url.scheme}://{url.netloc.decode('ascii')}"
        if host not in self._hosts:
            if len(self._hosts) >= _HOSTS:
                raise SourceFailure("protocol", "its playlists name too many hosts")
            self._hosts.append(host)
        return f"http://{self._hosts.index(host)}.{self._token}{url.raw_path.decode('ascii')}"

    def meant(self, given: str) -> httpx2.URL:
        """The address that FFmpeg asks for. Raises SourceFailure: forbidden for any other."""
        found = re.fullmatch(rf"http://(\d{{1,4}})\.{self._token}(?::80)?(/.*)", given)
        if found is None or int(found[1]) >= len(self._hosts):
            raise SourceFailure("forbidden", "its playlist leads elsewhere")
        return checked(self._hosts[int(found[1])] + found[2])

    def fetch(self, url: httpx2.URL, headers: dict[str, str]) -> HttpStream:
        """The answer of the server. Raises SourceFailure."""
        first, self._first = self._first, None
        if first is not None:
            return first
        while True:
            if self._over:
                raise self.failure or SourceFailure("ended", "it is over")
            try:
                stream = self._client.get(url, headers)
            except SourceFailure as failure:
                if url not in self.playlists or self._missing + 1 >= _MISSING_IN_A_ROW:
                    raise
                self.note(failure)
                time.sleep(_RELOAD)
            else:
                self._missing = 0
                self.failure = None
                return stream

    def note(self, failure: SourceFailure) -> None:
        """Keeps it: one segment may be missing, but not each, and not for every reason."""
        self.failure = failure
        self._missing += 1
        self._over |= failure.kind not in _PASSING or self._missing >= _MISSING_IN_A_ROW


class _Proxy(ThreadingHTTPServer):
    media: HttpMedia

    def handle_error(self, *_: object) -> None:
        """FFmpeg sees a connection that breaks; a traceback could hold an address."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def log_message(self, *_: object) -> None:
        """Says nothing: addresses hold secrets."""

    def do_GET(self) -> None:
        """Answers one request of FFmpeg."""
        self.close_connection = True
        media = self.server.media
        wanted = self.headers.get("Range", "")
        try:
            url = media.meant(self.path)
            stream = media.fetch(url, {"Range": wanted} if wanted not in ("", "bytes=0-") else {})
            playlist = None
            if is_playlist(stream.peek(_PEEKED)):
                media.playlists.add(url)
                playlist = rewritten(stream.read_all(LONGEST), stream.url, media.given)
        except SourceFailure as failure:
            media.note(failure)
            self.send_error(failure.status if isinstance(failure, StatusFailure) else 403)
            return
        try:
            if playlist is None:
                self._pass_on(stream, wanted)
            else:
                self._head(200, len(playlist))
                self.wfile.write(playlist)
        except SourceFailure as failure:
            media.failure = failure
        except OSError:
            pass  # FFmpeg has enough
        finally:
            stream.close()

    def _pass_on(self, stream: HttpStream, wanted: str) -> None:
        found = re.match(r"bytes=(\d+)-", wanted)
        first = int(found[1]) if found else 0
        sent = re.match(r"bytes (\d+)-", stream.header("content-range") or "")
        skip = first - (int(sent[1]) if sent and stream.status == 206 else 0)
        if stream.status == 416 or not 0 <= skip <= _SHORT:
            self.send_error(416)
            return
        length = stream.length
        ranges = (stream.header("accept-ranges") or "").lower() == "bytes"
        more = {}
        if length is not None and (ranges or stream.status == 206 or length <= _SHORT):
            more["Accept-Ranges"] = "bytes"
        if first and length is not None:
            end = first - skip + length
            more["Content-Range"] = f"bytes {first}-{end - 1}/{end}"
        self._head(206 if first else 200, None if length is None else max(0, length - skip), more)
        while data := stream.read():
            kept = data[skip:]
            skip -= len(data) - len(kept)
            if kept:
                self.wfile.write(
                    kept if length is not None else b"%x\r\n%b\r\n" % (len(kept), kept)
                )
        if length is None:
            self.wfile.write(b"0\r\n\r\n")

    def _head(self, status: int, length: int | None, more: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        self.send_header("Connection", "close")
        for name, value in (more or {}).items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        else:
            self.send_header("Transfer-Encoding", "chunked")  # else FFmpeg takes no end for one
        self.end_headers()
