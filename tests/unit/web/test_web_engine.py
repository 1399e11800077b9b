"""`/api/engine`: our own engine server, and those of other people, who tell little."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from config.settings import load_settings
from models import metrics
from models.engine import AudioDelta, Finished, TextDelta
from models.server import EngineServer
from tests.engine.scripted import ScriptedEngine, Step
from tests.support.ports import free_port
from web import engine_api
from web.page import Page
from web.server import Server

KEY = "the-key-of-the-engine"
CHAT = {
    "messages": [{"role": "user", "content": "What?"}],
    "modalities": ["text", "audio"],
    "audio": {"voice": "default", "format": "pcm16"},
}
SMI = """#!/bin/sh
echo '0, NVIDIA H100, 512, 1024, 37'
echo '1, NVIDIA A2, 1, 2, [N/A]'
"""

Ask = Callable[[], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def page(folder: Path, *apps: web.Application) -> AsyncIterator[Ask]:
    """Asks a page's server what it knows of these engines."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(TestServer(app)) for app in apps]
        urls = [str(one.make_url("/v1")) for one in servers]
        keys = {"livekit_api_key": "key", "livekit_api_secret": "x" * 40, "engine_api_key": KEY}
        engines = {"engine_url": ",".join(urls) or f"http://127.0.0.1:{free_port()}/v1"}
        settings = load_settings(cli={**keys, **engines}, env={}, directory=folder)
        made = Server(settings, Page(folder)).app()
        client = await stack.enter_async_context(TestClient(TestServer(made)))

        async def ask() -> dict[str, Any]:
            answer = await client.get("/api/engine")
            text = await answer.text()
            assert answer.status == 200, text
            assert KEY not in text
            assert "127.0.0.1" not in text
            found: dict[str, Any] = await answer.json()
            return found

        yield ask


@dataclass(slots=True)
class Others:
    """An engine of somebody else. metrics: None: it does not answer; asked: how often it was."""

    owner: str = "vllm"
    health: int = 200
    metrics: str | None = ""
    models: str = ""
    asked: int = 0

    def app(self) -> web.Application:
        made = web.Application()
        made.router.add_get("/v1/models", self._models)
        made.router.add_get("/health", self._health)
        made.router.add_get("/metrics", self._metrics)
        return made

    async def _models(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        listed = {"data": [{"id": "theirs", "owned_by": self.owner}]}
        return web.Response(text=self.models or json.dumps(listed))

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(status=self.health)

    async def _metrics(self, _: web.Request) -> web.Response:
        self.asked += 1
        if self.metrics is None:
            await asyncio.Event().wait()
        return web.Response(text=self.metrics)


async def test_our_own_engine_tells_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nvidia-smi").write_text(SMI)
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(engine_api, "AGAIN", 0.0)
    monkeypatch.setattr(metrics, "_SMI_AGAIN", 0.0)
    said: list[Step] = [
        TextDelta("One "),
        AudioDelta(bytes(960)),
        0.02,
        TextDelta("two."),
        Finished("stop", 5, 9),
    ]
    engine = EngineServer(ScriptedEngine(said), api_key=KEY)
    own = engine.app()
    async with page(tmp_path, own) as ask:
        before = await ask()
        assert (before["model"], before["kind"], before["up"]) == ("scripted", "pressbox", False)
        await engine.start()
        assert (await ask())["first_sound"] is None
        async with TestClient(TestServer(engine.app())) as client:
            headers = {"Authorization": f"Bearer {KEY}"}
            assert (await client.post("/v1/chat/completions", json=CHAT, headers=headers)).ok
            found = await ask()
        (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nexec sleep 1000\n")
        monkeypatch.setattr(metrics, "_SMI_LIMIT", 0.1)
        assert (await ask())["gpu"] == []
    assert (found["up"], found["queue"]) == (True, 0)
    assert 0 < found["first_sound"] < 15
    assert 0 < found["tokens_per_second"] <= 8 / 0.02
    told = ("name", "memory_used", "memory_total", "utilization")
    assert [tuple(one[name] for name in told) for one in found["gpu"]] == [
        ("NVIDIA H100", 512 << 20, 1024 << 20, 0.37),
        ("NVIDIA A2", 1 << 20, 2 << 20, None),
    ]


WAITING = "vllm:num_requests_waiting 3\n"


@pytest.mark.parametrize(
    ("engine", "known"),
    [
        (Others(metrics=WAITING), {"queue": 3, "up": True, "kind": "vllm-omni"}),
        (Others("llamacpp", 503), {"kind": "llama.cpp", "up": False}),
        (Others("library", 404), {"kind": "ollama", "model": "theirs", "up": True}),
        (Others(metrics="sglang:gen_throughput NaN\n"), {"tokens_per_second": None, "up": True}),
        (Others(metrics="vllm:num_requests_waiting{ what\n"), {"up": True, "queue": None}),
        (Others(metrics=None), {"up": True, "queue": None}),
        (Others(metrics=WAITING + "x" * 5_000_000), {"up": True, "queue": None}),
        (Others("somebody", metrics=WAITING), {"up": True, "queue": None, "kind": "openai"}),
        (Others(models="[" * 50_000), {"up": False, "kind": None}),
        (Others(models='{"data": []}'), {"up": False, "model": None}),
        (None, {"up": False, "gpu": []}),
    ],
)
async def test_of_others_what_they_tell_and_never_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Others | None, known: dict[str, Any]
) -> None:
    if engine is not None and engine.metrics is None:
        monkeypatch.setattr(engine_api, "LIMIT", 0.5)
    async with page(tmp_path, *([engine.app()] if engine else [])) as ask:
        found = await ask()
    assert found.items() >= known.items()
    assert found.keys() == engine_api.NOTHING.keys()


async def test_the_one_that_is_up_is_told_and_asked_once_for_all(tmp_path: Path) -> None:
    up = Others(metrics=WAITING)
    async with page(tmp_path, Others(health=503).app(), up.app()) as ask:
        assert {(await one)["queue"] for one in asyncio.as_completed([ask(), ask(), ask()])} == {3}
    assert up.asked == 1
