"""What FFmpeg reads over HTTP, through the guarded client: playlists, segments, keys, files."""

from __future__ import annotations

import re
import time
from typing import Any

import av

from ingress.reader.failures import SourceFailure
from ingress.reader.http.client import HttpClient
from ingress.reader.http.decrypting import DecryptedFile
from ingress.reader.http.playlist import LONGEST, checked, is_playlist
from ingress.reader.http.stream import HttpStream
from ingress.reader.http.target import Target, target

FORMATS = "hls,mpegts,mov,matroska,flv,aac,mp3,ac3,eac3,webvtt,h264,hevc,mjpeg,mpeg,ogg,wav,ivf"
"""Only formats that open nothing by themselves, other than by `io_open`."""

OPTIONS = {
    "format_whitelist": FORMATS,
    # None exists by this name: whatever FFmpeg would open by itself fails.
    "protocol_whitelist": "pressbox",
    # FFmpeg's own connections, which there are none of; with ours it would abort.
    "http_persistent": "0",
    "http_multiple": "0",
    "extension_picky": "0",
}
_PASSING = ("not_found", "no_answer", "ended", "protocol", "refused")
_MISSING_IN_A_ROW = 3
_RELOAD = 0.5
"""Seconds after which a playlist that failed is asked for again."""
_RETRIES = 2
_PEEKED = 32
_SHORT = 64 * 1024 * 1024
"""Bytes of a file that may be loaded again where a server knows no ranges."""


class HttpMedia:
    """Opens what a container needs. `failure` is the last that went wrong, None for nothing.

    client: stays the caller's. FFmpeg's errors say little: ask `failure` first.
    """

    def __init__(self, client: HttpClient, first: HttpStream) -> None:
        self._client = client
        self._first: HttpStream | None = first
        self._start = first.target
        self._missing = 0
        self._over = False
        self._playlists: set[str] = set()
        self.failure: SourceFailure | None = None

    @property
    def url(self) -> str:
        """What `av.open` gets as name: after redirects, without login, and without the query."""
        return _plain(self._start)

    def open(self, options: dict[str, str] | None = None) -> av.container.InputContainer:
        """The container. options: for FFmpeg. Raises SourceFailure, and FFmpeg's errors for what it
        cannot read.
        """
        # FFmpeg takes a playlist for one only where its name or type says so.
        hls = self._first is not None and is_playlist(self._first.peek(_PEEKED))
        try:
            opened: av.container.InputContainer = av.open(
                self.url,
                "r",
                format="hls" if hls else None,
                options={**(options or {}), **OPTIONS},
                io_open=self.io_open,
            )
        except av.error.FFmpegError:
            if self.failure is not None:
                raise self.failure from None
            raise
        return opened

    def io_open(self, url: str, flags: int, options: dict[str, str]) -> Any:
        """A file for FFmpeg. Raises SourceFailure, once: it comes out where FFmpeg is called, and
        PyAV would print a second one.
        """
        if self._over:
            return EmptyFile()
        try:
            return self._opened(url, options)
        except SourceFailure as failure:
            self._over = True
            self.failure = failure
            raise

    def _opened(self, url: str, options: dict[str, str]) -> Any:
        first, self._first = self._first, None
        if first is not None and url == self.url:
            return self._file(first, self._start)
        encrypted = re.match(r"crypto[+:]", url)
        wanted = url[encrypted.end() :] if encrypted else url
        place = self._start if wanted == self.url else target(wanted)
        if encrypted:
            return DecryptedFile(self._segment(place, options), options)
        return self._segment(place, options)

    def _segment(self, place: Target, options: dict[str, str]) -> Any:
        try:
            opened = self._file(self._client.get(place, _range(options)), place)
        except SourceFailure as failure:
            if failure.kind not in _PASSING:
                raise
            self._missing += 1
            if self._missing >= _MISSING_IN_A_ROW:
                raise
            self.failure = failure
            if _plain(place) in self._playlists:
                time.sleep(_RELOAD)
                return self._segment(place, options)
            # A live stream goes on without a segment that is gone.
            return EmptyFile()
        self._missing = 0
        self.failure = None
        return opened

    def _file(self, stream: HttpStream, asked: Target) -> Any:
        if is_playlist(stream.peek(_PEEKED)):
            self._playlists.add(_plain(asked))
            return TextFile(checked(stream.read_all(LONGEST), stream.target))
        return MediaFile(self._client, stream, self)


class EmptyFile:
    """A segment that is not there."""

    def read(self, size: int) -> bytes:
        return b""


class TextFile:
    """A short file that is there as a whole."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, len(self._data))[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._data = b""


class MediaFile:
    """A body as a file for FFmpeg; it can be sought in where the server allows ranges."""

    def __init__(self, client: HttpClient, stream: HttpStream, owner: HttpMedia) -> None:
        self._client = client
        self._stream = stream
        self._owner = owner
        self._origin = _first_byte(stream)
        self._at = 0
        self._failed = False
        self._size = stream.length
        self.name = stream.name

    def seekable(self) -> bool:
        """Whether it has an end, and ranges, or is so short that it can be read anew instead."""
        if self._size is None:
            return False
        ranges = (self._stream.header("accept-ranges") or "").lower() == "bytes"
        return ranges or self._stream.status == 206 or self._size <= _SHORT

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end and after a failure."""
        if self._failed:
            return b""
        tries = _RETRIES
        while True:
            try:
                data = self._stream.read(size)
            except SourceFailure as failure:
                tries -= 1
                if tries > 0 and self.seekable() and self._reopened():
                    continue
                self._failed = True
                self._owner.failure = failure
                raise
            self._at += len(data)
            return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file."""
        wanted = max(0, (0, self._at, self._size or 0)[whence] + offset)
        if wanted == self._at or self._failed:
            return self._at
        if 0 < wanted - self._at <= 256 * 1024 and self._skipped(wanted):
            return self._at
        self._at = wanted
        if self._size is None or wanted < self._size:
            self._reopened()
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        """Idempotent."""
        self._stream.drain()

    def _skipped(self, wanted: int) -> bool:
        while self._at < wanted:
            data = self.read(wanted - self._at)
            if not data:
                return False
        return True

    def _reopened(self) -> bool:
        self._stream.close()
        first = self._origin + self._at
        try:
            stream = self._client.get(self._stream.target, {"Range": f"bytes={first}-"})
        except SourceFailure as failure:
            self._owner.failure = failure
            self._failed = True
            return False
        begins = _first_byte(stream)
        if begins <= first <= begins + _SHORT and self._passed(stream, first - begins):
            self._stream = stream
            return True
        stream.close()
        self._failed = True
        return False

    def _passed(self, stream: HttpStream, count: int) -> bool:
        """Whether so many bytes could be left out."""
        while count > 0:
            try:
                data = stream.read(count)
            except SourceFailure as failure:
                self._owner.failure = failure
                return False
            if not data:
                return False
            count -= len(data)
        return True


def _plain(place: Target) -> str:
    return place.url.partition("?")[0]


def _first_byte(stream: HttpStream) -> int:
    found = re.match(r"bytes (\d+)-", stream.header("content-range") or "")
    return int(found[1]) if found and stream.status == 206 else 0


def _range(options: dict[str, str]) -> dict[str, str]:
    """The part of a file that FFmpeg wants: `offset`, and `end_offset` exclusive, 0 for all."""
    first = int(options.get("offset") or 0)
    last = int(options.get("end_offset") or 0)
    if not first and not last:
        return {}
    return {"Range": f"bytes={first}-{last - 1 if last else ''}"}
