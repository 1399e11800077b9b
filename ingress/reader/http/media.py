"""Films, streams and HLS: what FFmpeg reads over HTTP, by the client alone.

It opens nothing itself. So playlists, segments and keys, redirects and ranges all come over
connections that were checked, with login and headers where they belong.
"""

from __future__ import annotations

import io
import time

import av
import httpx2
from av.container import InputContainer

from ingress.reader.failures import SourceFailure
from ingress.reader.http.client import HttpClient, checked
from ingress.reader.http.file import SHORT, HttpFile, in_range
from ingress.reader.http.playlist import LONGEST, is_playlist, rewritten
from ingress.reader.http.stream import HttpStream

FORMATS = "hls,mpegts,mov,matroska,flv,aac,mp3,ac3,eac3,webvtt,h264,hevc,mjpeg,mpeg,ogg,wav,ivf"
"""Only formats that open nothing by themselves, other than by the client."""

_OPTIONS = {
    "format_whitelist": FORMATS,
    "extension_picky": "0",
    "http_persistent": "0",
    "http_multiple": "0",
    "probesize": "2000000",
    "analyzeduration": "2000000",
    # The second segment from the end: after the last one the next comes too late half the time.
    "live_start_index": "-2",
}
_AT_ONCE = {"fpsprobesize": "0"}
"""For what is live: else FFmpeg measures its rate first, for two seconds."""
_PASSING = ("not_found", "no_answer", "ended", "protocol", "refused")
_MISSING_IN_A_ROW = 3
_RELOAD = 0.5
"""Seconds after which a playlist that failed is asked for again."""
_PEEKED = 32


class HttpMedia:
    """Opens a container. As `Backing`: `failure` is the last that went wrong, None for nothing.

    client and first, the answer that came already, are closed with it.
    """

    def __init__(self, client: HttpClient, first: HttpStream) -> None:
        self.failure: SourceFailure | None = None
        self._client = client
        self._first: HttpStream | None = first
        self._playlists: set[httpx2.URL] = set()
        """What is asked for again where it fails."""
        self._missing = 0
        self._over = False

    def open(self) -> InputContainer:
        """The container. Raises SourceFailure, and FFmpeg's errors for what it cannot read."""
        first = self._first
        # FFmpeg takes a playlist for one only where its name or type says so.
        hls = first is not None and is_playlist(first.peek(_PEEKED))
        live = {} if first is None or hls or first.length is not None else _AT_ONCE
        try:
            opened: InputContainer = av.open(
                str(self._client.first),
                "r",
                format="hls" if hls else None,
                options={**_OPTIONS, **live},
                io_open=self._opened,
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
        """Closes all connections. Idempotent."""
        self._over = True
        if self._first is not None:
            self._first.close()
        self._client.close()

    def _opened(self, name: str, _flags: int, options: dict[str, str]) -> HttpFile | io.BytesIO:
        """What FFmpeg opens. Nothing is raised through it: what fails is empty."""
        scheme, _, rest = name.partition("+")
        encrypted = scheme == "crypto"
        begin = int(options.get("offset", 0))
        end = int(options["end_offset"]) if "end_offset" in options else None
        try:
            url = checked(rest if encrypted else name)
            answer = self._fetched(url, in_range(begin, end))
            if is_playlist(answer.peek(_PEEKED)):
                self._playlists.add(url)
                return io.BytesIO(rewritten(answer.read_all(LONGEST), answer.url))
            file = HttpFile(self._client.get, url, answer, self._note, begin, end)
            return _decrypted(file, options) if encrypted else file
        except SourceFailure as failure:
            self._note(failure)
            return io.BytesIO()

    def _fetched(self, url: httpx2.URL, headers: dict[str, str]) -> HttpStream:
        first, self._first = self._first, None
        if first is not None:
            return first
        while True:
            if self._over:
                raise self.failure or SourceFailure("ended", "it is over")
            try:
                answer = self._client.get(url, headers)
            except SourceFailure as failure:
                if url not in self._playlists or self._missing + 1 >= _MISSING_IN_A_ROW:
                    raise
                self._note(failure)
                time.sleep(_RELOAD)
            else:
                self._missing = 0
                self.failure = None
                return answer

    def _note(self, failure: SourceFailure) -> None:
        """Keeps it: one segment may be missing, but not each, and not for every reason."""
        self.failure = failure
        self._missing += 1
        self._over |= failure.kind not in _PASSING or self._missing >= _MISSING_IN_A_ROW


def _decrypted(file: HttpFile, options: dict[str, str]) -> io.BytesIO:
    """A segment in AES-128, with what FFmpeg says of its key. Raises SourceFailure."""
    # 7 MB, and few playlists need them
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    data = bytearray()
    while (part := file.read(SHORT)) and len(data) <= SHORT:
        data += part
    file.close()
    try:
        key, vector = (bytes.fromhex(options.get(name, "")) for name in ("key", "iv"))
        reader = Cipher(algorithms.AES128(key), modes.CBC(vector)).decryptor()
        unpadder = PKCS7(128).unpadder()
        plain = unpadder.update(reader.update(data) + reader.finalize()) + unpadder.finalize()
    except ValueError:
        raise SourceFailure("protocol", "a segment cannot be decrypted with its key") from None
    return io.BytesIO(plain)
