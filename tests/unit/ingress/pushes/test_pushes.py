"""Who may push, and the source that waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from config.settings import Settings, load_settings
from config.source_spec import source_spec
from ingress import relay
from ingress.pushes.media_server import READER, MediaServer, config, push_host
from ingress.pushes.pushes import LOOK, WAITING, PushedSource, Pushes
from ingress.reader.messages import Request
from ingress.reader.process import ReaderProcess
from tests.support.until import until
from tests.unit.ingress.test_relay import FakeParticipant

KEY, OTHER = "k" * 24, "o" * 24
STUDIO = {"action": "publish", "path": "live/studio"}


class Server:
    """The interface of MediaServer; `coming` are the paths on which something comes in."""

    def __init__(self) -> None:
        self.secret, self.trouble, self.pid = "s" * 32, "", 0
        self.paths: dict[str, set[str]] = {}
        self.coming: set[str] = set()

    def url(self, path: str) -> str:
        return f"rtsp://{READER}:{self.secret}@127.0.0.1:9/{path}"

    async def add(self, path: str, conf: Mapping[str, object], hidden: list[str]) -> None:
        self.paths[path] = set(hidden)
        asyncio.get_running_loop().call_later(0.05, setattr, self, "pid", 1)  # it has to start

    async def remove(self, path: str) -> None:
        del self.paths[path]

    async def ready(self, path: str) -> bool:
        return path in self.coming

    async def aclose(self) -> None:
        """Nothing runs."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    cli = {"livekit_api_key": "key", "livekit_api_secret": "s" * 32}
    return load_settings(cli=cli, env={}, directory=tmp_path)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def pushes(settings: Settings, server: Server) -> Pushes:
    made = Pushes(settings, cast(MediaServer, server))
    await made.open("studio", KEY, lambda: None)
    await made.open("other", OTHER, lambda: None)
    return made


@pytest.mark.parametrize(
    "given",
    [{"password": KEY}, {"token": KEY}, {"query": f"pass={KEY}"}, {"query": f"a=b&pass={KEY}"}],
)
async def test_who_has_the_key_may_push(pushes: Pushes, given: dict[str, str]) -> None:
    assert pushes.admits({**STUDIO, **given})
    assert not pushes.admits({**STUDIO, "path": "live/other", **given})
    await pushes.close("studio")
    assert not pushes.admits({**STUDIO, **given})


@pytest.mark.parametrize(
    "asked",
    [
        STUDIO,
        {**STUDIO, "password": ""},
        {**STUDIO, "password": OTHER},
        {**STUDIO, "password": KEY[:-1]},
        {**STUDIO, "password": "é\udce9"},
        {**STUDIO, "user": READER, "password": "s" * 32},
        {**STUDIO, "action": "read", "password": KEY},
        {**STUDIO, "action": "read", "user": READER, "password": KEY},
        {**STUDIO, "action": "read", "user": "x", "password": "s" * 32},
        {**STUDIO, "action": "playback", "user": READER, "password": "s" * 32},
        {"action": "api", "user": READER, "password": ""},
        {"action": "publish", "path": ["live/studio"], "password": KEY},
        {"action": "publish", "path": None, "password": None},
        {},
    ],
)
async def test_all_others_may_nothing(pushes: Pushes, asked: dict[str, object]) -> None:
    assert not pushes.admits(asked)


async def test_our_own_reader_may_read(pushes: Pushes) -> None:
    for action in ("read", "api"):
        assert pushes.admits({"action": action, "user": READER, "password": "s" * 32})


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ({}, "127.0.0.1"),
        ({"lan": True}, "0.0.0.0"),
        ({"lan": True, "push_host": "10.0.0.5"}, "10.0.0.5"),
    ],
)
def test_pushes_are_taken_here_unless_it_is_set(
    tmp_path: Path, given: dict[str, object], host: str
) -> None:
    settings = load_settings(cli=given, env={}, directory=tmp_path)
    made = config(settings, 5000, {})
    assert push_host(settings) == host
    names = ("rtmpAddress", "rtspAddress", "srtAddress", "webrtcAddress", "webrtcLocalUDPAddress")
    assert {str(made[name]).rpartition(":")[0] for name in names} == {host}
    assert made["apiAddress"] == "127.0.0.1:5000"
    assert made["authMethod"] == "http"
    assert made["authHTTPExclude"] == []


class Stage:
    """A source that is pushed, and the readers that it started."""

    def __init__(self, source: PushedSource, server: Server, pushes: Pushes) -> None:
        self.source, self.server, self.pushes = source, server, pushes
        self.requests: list[Request] = []

    def push(self) -> None:
        """Somebody with the key begins."""
        assert self.pushes.admits({**STUDIO, "password": KEY})
        self.server.coming = {"live/studio"}


@asynccontextmanager
async def staged(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(relay, "Participant", FakeParticipant)
    monkeypatch.setattr(relay, "REPORT_INTERVAL", 0.05)
    pushes = Pushes(settings, cast(MediaServer, server))
    spec = source_spec({"name": "studio", "url": f"push:{KEY}", "room": "hall"})
    stage = Stage(pushes.source(spec), server, pushes)

    async def refused(request: Request) -> ReaderProcess:
        stage.requests.append(request)
        server.coming = set()
        raise OSError(0, "no reader in this test")

    monkeypatch.setattr(ReaderProcess, "start", refused)
    stage.source.start()
    try:
        yield stage
    finally:
        await stage.source.aclose()
        await stage.source.aclose()
    assert server.paths == {}


async def test_it_is_read_when_somebody_pushes_and_says_so_while_nobody_does(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(settings, server, monkeypatch) as stage:
        await until(lambda: stage.source.report().error == WAITING, LOOK / 2)
        assert server.paths == {"live/studio": {KEY}}
        assert (stage.source.report().state, stage.source.report().url) == ("connecting", "push")
        assert stage.requests == []
        stage.push()
        await until(lambda: len(stage.requests) == 1)
        assert stage.requests[0].url == server.url("live/studio")
        await until(lambda: stage.source.report().error == WAITING)
        # The pause after a failure is not waited for by whoever comes back.
        stage.push()
        await until(lambda: len(stage.requests) == 2)
        server.trouble, server.pid = "mediamtx cannot be had", 0
        await until(lambda: stage.source.report().error == server.trouble)


async def test_a_name_is_pushed_to_one_room_only(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(settings, server, monkeypatch) as stage:
        await until(lambda: stage.source.report().error == WAITING)
        with pytest.raises(OSError, match="another room has a push studio"):
            await stage.pushes.open("studio", OTHER, lambda: None)
        assert not stage.pushes.admits({**STUDIO, "password": OTHER})
