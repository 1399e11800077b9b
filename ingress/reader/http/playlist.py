"""HLS playlists: checked before FFmpeg sees them, and with addresses that are complete."""

from __future__ import annotations

import re

from ingress.reader.failures import SourceFailure
from ingress.reader.http.target import Target, is_elsewhere

LONGEST = 4 * 1024 * 1024

_URI = re.compile(r'(?P<before>[:,]\s*URI=")(?P<uri>[^"]*)(?P<after>")')


def is_playlist(start: bytes) -> bool:
    """Whether a body begins as one. FFmpeg looks for the same."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"#EXTM3U")


def checked(data: bytes, source: Target) -> bytes:
    """The playlist with every address complete, as seen from where it really came.

    FFmpeg would resolve them against the address it asked for, before any redirect. Raises
    SourceFailure: forbidden for files and other schemes.
    """
    lines = []
    for line in data.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("#"):
            made = _URI.sub(lambda found: _tag(found, source), text)
        else:
            made = _complete(text, source) if text else text
        lines.append(made)
    return "\n".join([*lines, ""]).encode()


def _tag(found: re.Match[str], source: Target) -> str:
    return found["before"] + _complete(found["uri"], source) + found["after"]


def _complete(reference: str, source: Target) -> str:
    if is_elsewhere(reference):
        raise SourceFailure("forbidden", f"the playlist of {source} names other than http")
    return source.joined(reference).url
