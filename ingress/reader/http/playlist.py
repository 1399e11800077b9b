"""HLS playlists: checked before FFmpeg sees them, and with addresses that are complete."""

from __future__ import annotations

import re

import httpx2

from ingress.reader.http.client import checked

LONGEST = 4 * 1024 * 1024

_MOST_LINES = 1088
_MOST_BITS = 8_000_000

_VARIANT, _RENDITION = "#EXT-X-STREAM-INF:", "#EXT-X-MEDIA:"
_URI = re.compile(r'(?P<before>[:,]\s*URI=")(?P<uri>[^"]*)(?P<after>")')


def is_playlist(start: bytes) -> bool:
    """Whether a body begins as one. FFmpeg looks for the same."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"#EXTM3U")


def rewritten(data: bytes, source: httpx2.URL) -> bytes:
    """The playlist with every address complete, seen from where the playlist came from.

    Raises SourceFailure: forbidden for files and other schemes. Of the variants in a master
    playlist only one stays: FFmpeg would load all of them.
    """

    def made(reference: str) -> str:
        return str(checked(reference.strip(), source))

    def tag(found: re.Match[str]) -> str:
        return found["before"] + made(found["uri"]) + found["after"]

    lines = []
    for line in _of_one_variant(data.decode("utf-8", "replace").splitlines()):
        text = line.strip()
        if text.startswith("#"):
            lines.append(_URI.sub(tag, text))
        else:
            lines.append(made(text) if text else text)
    return "\n".join([*lines, ""]).encode()


def _of_one_variant(lines: list[str]) -> list[str]:
    """The lines of a master playlist with its best variant and the sound of it; others as is."""
    variants = [number for number, line in enumerate(lines) if line.startswith(_VARIANT)]
    if not variants:
        return lines
    best = max(variants, key=lambda number: _worth(lines[number]))
    address = next((line for line in lines[best + 1 :] if line and not line.startswith("#")), "")
    kept = [line for line in lines[: variants[0]] if not line.startswith(_RENDITION)]
    group = _attribute(lines[best], "AUDIO")
    sounds = [
        line
        for line in lines
        if line.startswith(_RENDITION)
        and _attribute(line, "TYPE") == "AUDIO"
        and _attribute(line, "GROUP-ID") == group
    ]
    sounds.sort(key=lambda line: _attribute(line, "DEFAULT") != "YES")
    return [*kept, *sounds[:1], lines[best], address]


def _worth(line: str) -> tuple[bool, bool, int]:
    """What can be sent on as it is first, then what is not too large, then what is best."""
    codecs = _attribute(line, "CODECS")
    sizes = [int(one) for one in re.findall(r"\d+", _attribute(line, "RESOLUTION"))]
    said = _attribute(line, "BANDWIDTH")
    bits = int(said) if said.isascii() and said.isdigit() else 0
    fits = bits <= _MOST_BITS and min(sizes, default=0) <= _MOST_LINES
    return "avc" in codecs or not codecs, fits, bits if fits else -bits


def _attribute(line: str, name: str) -> str:
    found = re.search(rf'[:,]\s*{name}=(?:"([^"]*)"|([^,\s]*))', line)
    return (found[1] or found[2] or "") if found else ""
