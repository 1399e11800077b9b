"""A small engine for tests that must decide when each answer goes on, or send raw bytes.

`tests.support.scripted_engine` follows times instead.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import web

Answer = Callable[["ScriptedEngine", web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


def tone(seconds: float, *, level: float = 0.3, silence: float = 0.0) -> bytes:
    """Speech stand-in: 24 kHz mono int16, `silence` seconds of nothing before and after it."""
    times = np.arange(round(seconds * 24_000)) / 24_000
    sound = (np.sin(2 * math.pi * 440 * times) * level * 32767).astype("<i2").tobytes()
    quiet = b"\0\0" * round(silence * 24_000)
    return quiet + sound + quiet


@dataclass
class ScriptedEngine:
    """What it was asked (`requests`), and what it answers next (`script`, then `usual`).

    `models` are names or whole entries of its list, `listed` is what it sends instead of one.
    `pages`: what other paths give as JSON, or a function of no arguments that says so.
    """

    url: str = ""
    port: int = 0
    models: list[Any] = field(default_factory=lambda: ["scripted"])
    listed: str = ""
    pages: dict[str, Any] = field(default_factory=dict)
    script: list[Answer] = field(default_factory=list)
    usual: Answer | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    cancelled: int = 0
    asked: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens; on the port it had before, when there was one."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_route("*", "/{path:.*}", self._page)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    async def stop(self) -> None:
        """Closes every connection, as a crash would. Idempotent."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def wait_requests(self, count: int) -> None:
        await self.until(lambda: len(self.requests) >= count)

    async def wait_idle(self, cancelled: int = 0) -> None:
        """Until so many requests were given up, and none is under way."""
        await self.until(lambda: self.in_flight == 0 and self.cancelled == cancelled)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self.asked:
            await self.asked.wait_for(condition)

    async def _list_models(self, request: web.Request) -> web.Response:
        await self._note(request)
        if self.listed:
            return web.Response(text=self.listed, content_type="application/json")
        cards = [{"id": one} if isinstance(one, str) else one for one in self.models]
        return web.json_response({"object": "list", "data": cards})

    async def _page(self, request: web.Request) -> web.Response:
        await self._note(request)
        if request.path not in self.pages:
            return web.json_response({"detail": "Not Found"}, status=404)
        page = self.pages[request.path]
        return web.json_response(page() if callable(page) else page)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        number = len(self.requests)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        await self._note(request)
        usual = self.usual or say(f"Line {number + 1}.", seconds=0.2)
        answer = self.script.pop(0) if self.script else usual
        try:
            return await answer(self, request, body)
        except (asyncio.CancelledError, ConnectionError):
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1
            async with self.asked:
                self.asked.notify_all()

    async def _note(self, request: web.Request) -> None:
        async with self.asked:
            self.paths.append(request.path)
            self.asked.notify_all()


async def open_stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    return response


async def send(response: web.StreamResponse, payload: object) -> None:
    data = payload if isinstance(payload, str) else json.dumps(payload)
    await response.write(f"data: {data}\n\n".encode())


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
            "choices": [choice]}  # fmt: skip


def audio(pcm: bytes) -> dict[str, Any]:
    return {"audio": {"id": "a", "data": base64.b64encode(pcm).decode()}}


def say(
    text: str,
    *,
    seconds: float = 0.2,
    gate: asyncio.Event | None = None,
    rest: asyncio.Event | None = None,
    end: bool = True,
    sound: bytes | None = None,
) -> Answer:
    """Text, then sound. Waits for `gate` before all and for `rest` before its second half.

    Without `end` the connection breaks off after that.
    """

    async def answer(engine: ScriptedEngine, request: web.Request, body: dict[str, Any]) -> Any:
        response = await open_stream(request)
        if gate is not None:
            await gate.wait()
        await send(response, chunk({"role": "assistant", "content": text}))
        pcm = tone(seconds) if sound is None else sound
        if "audio" in body.get("modalities", ()) and pcm:
            half = len(pcm) // 2
            await send(response, chunk(audio(pcm[:half])))
            if rest is not None:
                await rest.wait()
            await send(response, chunk(audio(pcm[half:])))
        if not end:
            if request.transport is not None:
                request.transport.abort()
            return response
        await send(response, chunk(finish="stop"))
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        await send(response, {**chunk(), "choices": [], "usage": usage})
        await send(response, "[DONE]")
        return response

    return answer


def stream(*events: object) -> Answer:
    """These events, then the end mark."""

    async def answer(engine: ScriptedEngine, request: web.Request, body: dict[str, Any]) -> Any:
        response = await open_stream(request)
        for event in (*events, "[DONE]"):
            await send(response, event)
        return response

    return answer


def refuse(status: int, message: str = "no", **more: Any) -> Answer:
    """OpenAI's error; `more` of it: `code`, `param`."""

    async def answer(engine: ScriptedEngine, request: web.Request, body: dict[str, Any]) -> Any:
        error = {"message": message, "type": "error", "code": None, "param": None, **more}
        return web.json_response({"error": error}, status=status)

    return answer


def raw(body: bytes, content_type: str = "text/event-stream") -> Answer:
    async def answer(engine: ScriptedEngine, request: web.Request, _: dict[str, Any]) -> Any:
        return web.Response(body=body, content_type=content_type)

    return answer


def hang() -> Answer:
    """Accepts the request and says nothing until the client goes away."""

    async def answer(engine: ScriptedEngine, request: web.Request, body: dict[str, Any]) -> Any:
        await open_stream(request)
        await asyncio.sleep(3600)

    return answer


@asynccontextmanager
async def scripted_engine(*script: Answer, **more: Any) -> AsyncIterator[ScriptedEngine]:
    """A running engine; ends with the block."""
    engine = ScriptedEngine(script=list(script), **more)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
