"""What a probe says of what a reader says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from config.source_address import AddressError
from ingress import probe as probing
from ingress.probe import probe
from ingress.reader.messages import Failed, Message, Note, Opened, Request

OPENED = Opened("h264", 1280, 720, 25.0, "passthrough", "as it comes", "aac", "tcp")


class ScriptedReader:
    """Says what it was told to and then nothing more."""

    def __init__(self, *script: Message, hangs: bool = False) -> None:
        self._script = script
        self._hangs = hangs
        self.requests: list[Request] = []
        self.closed = 0

    async def start(self, request: Request) -> ScriptedReader:
        self.requests.append(request)
        return self

    async def messages(self) -> AsyncIterator[Message]:
        for message in self._script:
            yield message
        if self._hangs:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed += 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(cli={"source_networks": "10.0.0.0/8"}, env={}, directory=tmp_path)


async def test_what_is_there(settings: Settings) -> None:
    reader = ScriptedReader(Note(), OPENED)
    found = await probe("rtsp://u:p@ss@cam/a", settings, transport="udp", start=reader.start)
    assert (found.url, found.failure, found.codec, found.way) == (
        *("rtsp://cam/a", "", "h264", "passthrough"),
    )
    assert (found.sound, found.transport) == ("aac", "tcp")
    (request,) = reader.requests
    assert (request.url, request.transport, request.guarded) == (
        *("rtsp://u:p%40ss@cam/a", "udp", False),
    )
    assert reader.closed == 1


async def test_from_the_page_the_networks_go_along(settings: Settings) -> None:
    reader = ScriptedReader(OPENED)
    await probe("rtsp://cam", settings, guarded=True, start=reader.start)
    assert (reader.requests[0].guarded, reader.requests[0].networks) == (True, ("10.0.0.0/8",))


async def test_a_failure_is_told_without_the_secret(settings: Settings) -> None:
    reader = ScriptedReader(Failed("auth", "p@ss is wrong for rtsp://u:p%40ss@cam"))
    found = await probe("rtsp://u:p@ss@cam", settings, start=reader.start)
    assert (found.failure, found.error) == ("auth", "*** is wrong for rtsp://cam")
    assert reader.closed == 1


async def test_a_reader_that_says_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "LIMIT", 0.05)
    reader = ScriptedReader(hangs=True)
    found = await probe("rtsp://cam", settings, start=reader.start)
    assert found.failure == "no_answer"
    assert reader.closed == 1
    silent = ScriptedReader()
    assert (await probe("rtsp://cam", settings, start=silent.start)).failure == "internal"


async def test_no_reader_at_all(settings: Settings) -> None:
    async def start(request: Request) -> ScriptedReader:
        raise OSError(12, "Cannot allocate memory")

    found = await probe("rtsp://cam", settings, start=start)
    assert found.failure == "internal"
    assert "Cannot allocate memory" in found.error


async def test_no_address(settings: Settings) -> None:
    with pytest.raises(AddressError):
        await probe("gopher://x", settings, start=ScriptedReader().start)
