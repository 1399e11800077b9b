"""What a source is called in the room when nobody has said."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count
from pathlib import PurePath

from config.source_address import SourceAddress

_LONGEST = 48
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9._-]+")


def default_name(address: SourceAddress, taken: Container[str] = ()) -> str:
    """A name from the address, made of letters, digits and `._-`, that is not among those taken.

    The host of an address, the stem of a file, `video0` of /dev/video0, `screen`, `test`, `demo`;
    the last part of the path is added where the host is taken, then a number.
    """
    first = _clean(_first(address))
    if first not in taken:
        return first
    path = PurePath(address.safe.partition("://")[2]).parts[1:] if address.host else ()
    second = _clean(f"{first}-{PurePath(path[-1]).stem}") if path else first
    if second not in taken:
        return second
    return next(name for n in count(2) if (name := f"{second}-{n}") not in taken)


def _first(address: SourceAddress) -> str:
    if address.is_path:
        return PurePath(address.url).stem
    if address.kind == "device":
        return PurePath(address.url).name
    return address.host or address.kind


def _clean(text: str) -> str:
    cleaned = _NOT_ALLOWED.sub("-", text).lstrip("._-").rstrip("-")[:_LONGEST]
    return cleaned or "source"
