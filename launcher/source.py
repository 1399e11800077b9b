"""The word SOURCE: what is brought into the default room on top of what the settings name."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import aiohttp

from config.default_name import default_name
from config.settings import Settings
from config.source_address import AddressError, SourceAddress, parse
from config.source_spec import SourceSpec, source_spec
from launcher.errors import LaunchError

_WAITED_FOR = ("demo", "file", "test")
"""What lies on this machine is there at once or never; a camera may come later."""


def wanted(word: str, settings: Settings, directory: Path) -> SourceSpec | None:
    """The source that SOURCE means; None for `none`. Raises LaunchError.

    directory is what a relative path is relative to.
    """
    if word == "none":
        return None
    address = _address(word)
    url = address.url
    if address.kind == "file":
        path = (directory / url).expanduser()
        if not path.is_file():
            raise LaunchError(f"SOURCE: {address} is no file here; {_RIGHT}")
        url = str(path.resolve())
    rooms = ("", settings.room)
    taken = {spec.name for spec in settings.sources if spec.room in rooms}
    name = default_name(parse(url), taken)
    return source_spec({"name": name, "url": url, "room": settings.room})


def is_waited_for(spec: SourceSpec) -> bool:
    """Whether the start waits for it and fails without it."""
    return spec.address.kind in _WAITED_FOR


def read_word() -> str:
    """SOURCE as it is typed, without an echo where somebody types."""
    typed = getpass.getpass("SOURCE: ") if sys.stdin.isatty() else sys.stdin.readline()
    return typed.strip()


def secrets(settings: Settings, spec: SourceSpec | None) -> set[str]:
    """Everything secret in the addresses of all sources."""
    found: set[str] = set()
    for one in (*settings.sources, *((spec,) if spec else ())):
        for address in (one.address, one.model_address):
            if address is not None:
                found |= address.secrets
                found |= {address.url} if address.url != address.safe and address.host else set()
    return found


def stands_in_the_open(word: str, command_line: bytes) -> bool:
    """Whether another process's command line shows a password of this address."""
    try:
        address = parse(word)
    except AddressError:
        return False
    shown = command_line.decode(errors="replace")
    return any(secret in shown for secret in address.secrets)


async def state_of(
    spec: SourceSpec, session: aiohttp.ClientSession, url: str, token: str
) -> tuple[str, str]:
    """State and error of a source as the ingress service says; "" while it says nothing."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with session.get(url, headers=headers) as response:
            listed = (await response.json())["sources"]
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError):
        return "", ""  # it is being started again
    for one in listed:
        if (one["name"], one["room"]) == (spec.name, spec.room):
            return str(one["state"]), str(one["error"])
    return "", ""


_RIGHT = "an address, a path, /dev/video0, screen, test, demo or none is right"


def _address(word: str) -> SourceAddress:
    try:
        return parse(word)
    except AddressError:
        raise LaunchError(f"SOURCE: {_RIGHT}") from None
