"""Addresses of sources, as people write them: checked, and never shown with what is secret in them.

A password may hold `@` and `:` unescaped, as people type it; secrets also stand in query values
and, with some cameras, in the path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal
from urllib.parse import quote, unquote, unquote_plus

Kind = Literal[
    "rtsp",
    "http",
    "srt",
    "rtmp",
    "udp",
    "file",
    "sdp",
    "device",
    "screen",
    "push",
    "test",
    "demo",
]

HIDDEN = "***"

_SCHEMES: dict[str, Kind] = {
    "rtsp": "rtsp",
    "rtsps": "rtsp",
    "http": "http",
    "https": "http",
    "srt": "srt",
    "rtmp": "rtmp",
    "rtmps": "rtmp",
    "udp": "udp",
    "rtp": "udp",
}
_HERE = ("srt", "udp")
"""What may be listened for on this machine: the host may be left out, the port may not."""
_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935, "rtmps": 443}

SAID = (
    "an address such as rtsp://camera/stream, http://camera/video.mjpg, srt://host:port, "
    "rtmp://host/app/name, udp://@:port, the path of a file, /dev/video0, screen, test or demo"
)
"""What is right, for a message."""

_NETWORK = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_HOST = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._~-]+|(?=:))(:(?P<port>[0-9]{1,5}))?", re.ASCII
)
_IN_PATH = re.compile(r"(?i)((?:pass|pw|token|key|secret|auth|sig|user|usr)[a-z_-]*=)([^&/;_]*)")
_PUSH = re.compile(r"push:(?P<key>[A-Za-z0-9_-]{16,64})")
_TEST = re.compile(r"test(:(?P<width>\d{2,4})x(?P<height>\d{2,4})(@(?P<fps>\d{1,2}))?)?")


class AddressError(ValueError):
    """This is no address of a source. `str()` is one line without any part of it."""


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """One address. `str()` and `repr()` show `safe`; only `url` holds the secrets.

    url: what is opened, user name and password escaped as an address wants it; for a file or a
    device its path. host is without brackets, "" for all of this machine's addresses, port 0 where
    there is none. Of udp the user is whom alone packets are taken from.
    """

    kind: Kind
    safe: str
    url: str = field(repr=False)
    scheme: str = ""
    host: str = ""
    port: int = 0
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def __str__(self) -> str:
        return self.safe

    @property
    def is_path(self) -> bool:
        """Whether it is the path of a file."""
        return self.kind in ("file", "sdp")

    @property
    def plain_url(self) -> str:
        """The address without user name and password; its query may still hold secrets."""
        scheme, _, rest = self.url.partition("://")
        authority, slash, path = _split_authority(rest)
        return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}" if self.host else self.url

    def redact(self, text: str) -> str:
        """The text with everything that is secret in this address replaced by ***."""
        text = text.replace(self.url, self.safe)
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text


def parse(text: str) -> SourceAddress:
    """The address that a person wrote. Raises AddressError."""
    text = text.strip()
    if not text or not text.isprintable():
        raise AddressError(SAID)
    if text == "demo":
        return SourceAddress("demo", "demo", "demo")
    if _TEST.fullmatch(text):
        return SourceAddress("test", text, text)
    if text == "screen" or re.fullmatch(r"screen:[A-Za-z0-9.-]*:\d+(\.\d+)?", text):
        return SourceAddress("screen", text, text)
    if found := _PUSH.fullmatch(text):
        key = found["key"]
        return SourceAddress("push", "push", text, password=key, secrets=frozenset({key}))
    if text.startswith("/dev/"):
        return SourceAddress("device", text, text)
    found = _NETWORK.fullmatch(text)
    if found and found["scheme"].lower() != "file":
        return _network(found["scheme"].lower(), found["rest"])
    path = text.removeprefix("file://").removeprefix("file:")
    kind: Kind = "sdp" if path.lower().endswith(".sdp") else "file"
    return SourceAddress(kind, PurePath(path).name or path, path)


def test_pattern(address: SourceAddress) -> tuple[int, int, int]:
    """Width, height in pixels and frames a second of a `test` address."""
    found = _TEST.fullmatch(address.url)
    width, height, fps = found.group("width", "height", "fps") if found else (None, None, None)
    return int(width or 1280), int(height or 720), int(fps or 30)


def _network(scheme: str, rest: str) -> SourceAddress:
    kind = _SCHEMES.get(scheme)
    if kind is None:
        raise AddressError(SAID)
    authority, slash, path = _split_authority(rest)
    login, at, place = authority.rpartition("@")
    host = _HOST.fullmatch(place)
    port = int(host["port"] or _PORTS.get(scheme, 0)) if host else 0
    if host is None or not 0 < port < 65536 or not (host["host"] or kind in _HERE):
        raise AddressError(SAID)
    user, _, password = (unquote(part) for part in login.partition(":"))
    escaped = f"{quote(user, safe='')}:{quote(password, safe='')}@" if at else ""
    tail = slash + path
    secrets = _spellings(password) | _spellings(login.partition(":")[2]) | _values(tail)
    if not password:
        secrets |= _spellings(user)  # a key that stands where a user name would
    shown, hidden = _safe_path(kind, tail)
    return SourceAddress(
        kind,
        f"{scheme}://{place}{shown}",
        f"{scheme}://{escaped}{place}{tail}",
        scheme,
        host["host"].strip("[]"),
        port,
        user,
        password,
        frozenset((secrets | hidden | {login if at and password else ""}) - {""}),
    )


def _split_authority(rest: str) -> tuple[str, str, str]:
    """Authority, separator, the rest. A password with `/`, `?` or `#` in it counts to the
    authority where an `@` and a host follow it.
    """
    end = re.search(r"[/?#]", rest)
    at = rest.rfind("@")
    if end and at > end.start() and _password_goes_on(rest, end.start(), at):
        end = re.compile(r"[/?#]").search(rest, at)
    if end is None:
        return rest, "", ""
    return rest[: end.start()], rest[end.start()], rest[end.start() + 1 :]


def _password_goes_on(rest: str, end: int, at: int) -> bool:
    """Whether the `@` far behind is the one before the host, and `end` is within the password.

    Both readings are possible; an address as the standards have it wins, unless its host would be
    a bare word and the other one looks more like one, a path behind it.
    """
    login, _, early = rest[:end].rpartition("@")
    late = _HOST.match(rest, at + 1)
    if late is None or ":" not in (login or early):
        return False
    if _HOST.fullmatch(early) is None:
        return True
    if not login or _is_plain_host(early) or "=" in rest[end:at]:
        return False
    return _is_plain_host(late[0]) or rest.startswith("/", late.end())


def _is_plain_host(text: str) -> bool:
    return text == "localhost" or any(mark in text for mark in ".:[")


def _safe_path(kind: Kind, path: str) -> tuple[str, frozenset[str]]:
    """The path as it may be shown, and what was hidden in it. A query is never shown."""
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    hidden = {found[2] for found in _IN_PATH.finditer(path)}
    shown = _IN_PATH.sub(rf"\g<1>{HIDDEN}", path)
    if kind == "rtmp" and shown.count("/") > 1:
        application, _, key = shown.rpartition("/")  # the key of a stream is a password
        shown = f"{application}/{HIDDEN}"
        hidden.add(key)
    return shown, frozenset(one for one in hidden if len(one) > 2)


def _values(path: str) -> frozenset[str]:
    """Values in the query, in every spelling: any of them may be a password."""
    query = re.split(r"[?#]", path, maxsplit=1)[1:]
    found: set[str] = set()
    for pair in re.split(r"[&;#?]", query[0] if query else ""):
        value = pair.partition("=")[2]
        # Short ones (`channel=1`) are no secrets, and replacing them would spoil any text.
        found |= _spellings(value) if len(value) > 3 else set()
    return frozenset(found)


def _spellings(secret: str) -> frozenset[str]:
    if not secret:
        return frozenset()
    decoded = {secret, unquote(secret), unquote_plus(secret)}
    escaped = {quote(one, safe=safe) for one in decoded for safe in ("", "/", ":@/")}
    return frozenset(decoded | escaped | {one.lower() for one in escaped if "%" in one})
