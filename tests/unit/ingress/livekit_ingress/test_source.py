"""A URL ingress that is watched and made anew, against a server that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from livekit import api

from config.settings import Settings
from config.source_spec import source_spec
from ingress.livekit_ingress import service
from ingress.livekit_ingress import source as kept
from ingress.livekit_ingress.source import Eye, LiveKitIngressSource
from ingress.pushes.media_server import MediaServer
from ingress.report import ATTRIBUTE
from tests.support.until import until
from tests.unit.ingress.livekit_ingress.scripted_livekit import (
    STREAM_KEY,
    ScriptedLiveKit,
    scripted_livekit,
)

State = api.IngressState

URL = "http://user:geheim@camera/live.m3u8?token=secret-token"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LOOK", 0.01)


@asynccontextmanager
async def started(settings: Settings, **more: object) -> AsyncIterator[LiveKitIngressSource]:
    """A source that pulls URL, closed twice."""
    values = {"name": "gate", "url": URL, "room": "lobby", "via": "livekit-ingress", **more}
    source = LiveKitIngressSource(source_spec(values), settings, eye=eyes.pop() if eyes else seeing)
    source.start()
    try:
        yield source
    finally:
        await source.aclose()
        await source.aclose()


async def seeing() -> bool | None:
    """An eye that always sees pictures."""
    return True


eyes: list[Eye] = []
"""The eye of the next source, where it is not `seeing`."""


def shown(server: ScriptedLiveKit) -> None:
    """It is in the room from now on."""
    server.set(State.ENDPOINT_PUBLISHING)
    server.picture = True


async def test_it_is_live_when_its_track_is_in_the_room_and_gone_after_the_end(
    tmp_path: Path,
) -> None:
    async with scripted_livekit(tmp_path) as (server, settings):
        async with started(settings) as source:
            await until(lambda: server.ingresses)
            assert server.created[0].participant_identity == "gate"
            assert source.report().state == "connecting"
            server.set(State.ENDPOINT_PUBLISHING)
            await asyncio.sleep(0.1)
            assert source.report().state == "connecting"
            server.picture = True
            await until(lambda: source.report().state == "live")
            await until(lambda: server.attributes)
            assert '"state":"live"' in server.attributes[-1][ATTRIBUTE]
            assert "geheim" not in repr(source.report())
            assert "secret-token" not in repr(source.report())
        assert server.ingresses == {}
        assert source.report().state == "stopped"


async def test_what_a_killed_run_left_behind_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    async with scripted_livekit(tmp_path) as (server, settings):
        await service.create(settings, "rtmp", room="lobby", name="push")
        left = LiveKitIngressSource(
            source_spec({"name": "gate", "url": URL, "room": "lobby"}), settings
        )
        left.start()
        await until(lambda: len(server.ingresses) == 2)
        async with started(settings):
            await until(lambda: "IN_3" in server.ingresses)
            assert server.deleted == ["IN_2"]
        assert list(server.ingresses) == ["IN_1"]
        await left.aclose()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Unauthorized", "auth"),
        ("404 Not Found", "not_found"),
        ("unsupported mime type multipart/x-mixed-replace", "codec"),
    ],
)
async def test_a_lasting_failure_is_told_without_the_services_own_words(
    tmp_path: Path, said: str, reason: str
) -> None:
    async with scripted_livekit(tmp_path) as (server, settings), started(settings) as source:
        await until(lambda: server.ingresses)
        server.set(State.ENDPOINT_ERROR, f"{said} at {URL}")
        await until(lambda: source.report().state == "failed")
        assert source.report().reason == reason
        assert "geheim" not in source.report().error


async def test_a_mistake_of_this_program_is_told_and_it_goes_on(tmp_path: Path) -> None:
    broken = True

    async def eye() -> bool | None:
        return [][0] if broken else True

    eyes.append(eye)
    async with scripted_livekit(tmp_path) as (server, settings), started(settings) as source:
        await until(lambda: server.ingresses)
        shown(server)
        await until(lambda: "failed (IndexError)" in source.report().error)
        broken = False
        await until(lambda: "IN_2" in server.ingresses)
        shown(server)
        await until(lambda: source.report().state == "live")


@pytest.mark.parametrize("gone", ["track", "pictures"])
async def test_what_is_seen_counts_and_its_end_is_a_stall_then_a_new_ingress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    for name, seconds in (("MISSING", 1.0), ("BEHIND_STALL", 0.5), ("GLANCE", 0.02)):
        monkeypatch.setattr(kept, name, seconds)
    sees: bool | None = None

    async def eye() -> bool | None:
        return sees

    eyes.append(eye)
    async with (
        scripted_livekit(tmp_path) as (server, settings),
        started(settings, stall_after=0.5) as source,
    ):
        await until(lambda: server.ingresses)
        shown(server)
        await asyncio.sleep(0.2)
        assert source.report().state == "connecting", "whatever the service says"
        sees = True
        await until(lambda: source.report().state == "live")
        if gone == "track":
            server.picture = False
        else:
            sees = False
        await until(lambda: source.report().state == "stalled")
        await until(lambda: source.report().state == "reconnecting")
        await until(lambda: "IN_2" in server.ingresses)


class Media:
    """Writes down what mediamtx is told."""

    def __init__(self) -> None:
        self.paths: dict[str, object] = {}
        self.hidden: set[str] = set()
        self.removed: list[str] = []
        self.trouble = ""

    async def add(self, path: str, conf: object, hidden: list[str]) -> None:
        self.paths[path] = conf
        self.hidden |= set(hidden)

    async def remove(self, path: str) -> None:
        self.removed.append(path)


async def test_what_the_service_does_not_pull_mediamtx_pushes(tmp_path: Path) -> None:
    url, media = "rtsp://user:geheim@camera/stream", Media()
    values = {"name": "gate", "url": url, "room": "lobby", "via": "livekit-ingress"}
    async with scripted_livekit(tmp_path) as (server, settings):
        source = LiveKitIngressSource(
            source_spec(values), settings, cast(MediaServer, media), seeing
        )
        source.start()
        await until(lambda: media.paths)
        to = {"dest": f"{server.base_url}#{STREAM_KEY}"}
        assert media.paths == {"out/IN_1": {"source": url, "forward": [to]}}
        assert {"geheim", STREAM_KEY} <= media.hidden
        shown(server)
        await until(lambda: source.report().state == "live")
        await source.aclose()
        assert media.removed == ["out/IN_1"]
