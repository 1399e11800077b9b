"""Looks at a source without bringing it anywhere: what it has, and which way it would go in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Literal

from config.settings import Settings
from config.source_address import parse
from ingress.reader.messages import Failed, FailureKind, Opened, Request
from ingress.reader.process import ReaderProcess
from ingress.supervisor import Start

LIMIT = 12.0
"""Seconds in which a source must have opened or failed."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found. Nothing here is secret.

    Where failure is not "", error says in one line what is wrong and the rest is empty. url is the
    safe form.
    """

    url: str
    failure: FailureKind | Literal[""] = ""
    error: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    sound: str = ""
    transport: str = ""
    way: str = ""
    why: str = ""

    def json(self) -> dict[str, object]:
        """All fields as JSON values."""
        return asdict(self)


async def probe(
    url: str,
    settings: Settings,
    *,
    guarded: bool = False,
    transport: Literal["auto", "tcp", "udp"] = "auto",
    headers: Mapping[str, str] | None = None,
    start: Start = ReaderProcess.start,
) -> Probe:
    """Opens the source in a reader of its own and says what is there; takes up to LIMIT seconds.

    url as a person writes it; guarded: only where SOURCE_NETWORKS lets the page go. What goes wrong
    is in the result. Raises AddressError where url is no address.
    """
    address = parse(url)
    request = Request(
        address.url,
        transport=transport,
        headers=dict(headers or {}),
        guarded=guarded,
        networks=settings.source_networks,
    )
    said = await _look(request, start)
    if isinstance(said, Failed):
        return Probe(address.safe, said.kind, address.redact(said.text))
    return Probe(address.safe, **asdict(said))


async def _look(request: Request, start: Start) -> Opened | Failed:
    try:
        reader = await start(request)
    except OSError as error:
        return Failed("internal", f"no reader can be started: {error.strerror}")
    try:
        async with asyncio.timeout(LIMIT), aclosing(reader.messages()) as messages:
            async for message in messages:
                if isinstance(message, Opened | Failed):
                    return message
        return Failed("internal", "the reader ended without a word")
    except TimeoutError:
        return Failed("no_answer", f"no picture within {LIMIT:g} s")
    finally:
        await reader.aclose()
