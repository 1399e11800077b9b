"""What all scripted servers share: they list models, note what they are asked, and stream."""

from __future__ import annotations

import asyncio
import io
import json
import math
import wave
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import numpy as np
from aiohttp import web

WORDS = ("A dog ", "runs.")
"""What every server has to say, chunk by chunk."""


def wave_of(seconds: float, rate: int) -> bytes:
    """A 440 Hz tone: mono int16 little endian."""
    times = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * math.pi * 440 * times) * 0.4 * 32767).astype("<i2").tobytes()


def wav(pcm: bytes, rate: int) -> bytes:
    """The samples as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return out.getvalue()


class ScriptedServer:
    """Answers what a subclass's `answer` says.

    `requests` are the bodies it was asked, newest last, refused ones too. With `hold` an answer
    stops after its first event until it is set. `broken`: a status it refuses everything with.
    `lists`: whether it has `/v1/models` at all.
    """

    models: tuple[dict[str, Any], ...] = ()
    api = "auto"
    """The setting `engine_api` with which it is used."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.hold: asyncio.Event | None = None
        self.broken = 0
        self.lists = True
        self.in_flight = 0
        self.cancelled = 0
        self.changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """Beyond models and chat completions."""
        return []

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        raise NotImplementedError

    async def until_idle(self) -> None:
        """Wait until no request is under way."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.in_flight == 0)

    async def until_asked(self, count: int) -> None:
        """Wait until this many requests have come."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.requests) >= count)

    async def until_seen(self, path: str, count: int) -> None:
        """Wait until this path was asked for so often."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.paths.count(path) >= count)

    async def start(self) -> None:
        """Listens; on the port it had before, when there was one."""
        app = web.Application(client_max_size=64 * 2**20, middlewares=[self._noted])
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.add_routes(self.routes())
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

    @web.middleware
    async def _noted(self, request: web.Request, handler: Any) -> web.StreamResponse:
        async with self.changed:
            self.paths.append(request.path)
            self.changed.notify_all()
        response: web.StreamResponse = await handler(request)
        return response

    async def _models(self, _: web.Request) -> web.Response:
        if not self.lists:
            return error(404, "no such path", "not_found_error")
        return web.json_response({"object": "list", "data": list(self.models)})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.in_flight += 1
        async with self.changed:
            self.requests.append(body)
            self.headers.append(dict(request.headers))
            self.changed.notify_all()
        try:
            if self.broken:
                return error(self.broken, "scripted refusal", "unavailable_error")
            return await self.answer(request, body)
        except (asyncio.CancelledError, ConnectionError):
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1
            async with self.changed:
                self.changed.notify_all()

    async def streamed(
        self, request: web.Request, events: Iterable[dict[str, Any]]
    ) -> web.StreamResponse:
        """The events as server-sent ones, then the end mark."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in events:
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
            if self.hold is not None:
                await self.hold.wait()
        await response.write(b"data: [DONE]\n\n")
        return response


def error(status: int, message: str, kind: str, **more: Any) -> web.Response:
    """OpenAI's error object."""
    body = {"message": message, "type": kind, "param": None, "code": status, **more}
    return web.json_response({"error": body}, status=status)


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of an answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return {**head, "choices": [choice], **more}


def usage() -> dict[str, Any]:
    """What an answer cost."""
    return {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def usage_chunk() -> dict[str, Any]:
    """The last chunk where usage was asked for."""
    return {**chunk({}), "choices": [], "usage": usage()}


def parts(body: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """All content parts of this type in a request."""
    contents = [message["content"] for message in body["messages"]]
    lists = [content for content in contents if isinstance(content, list)]
    return [part for content in lists for part in content if part["type"] == kind]


Server = TypeVar("Server", bound=ScriptedServer)


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    """The server on a free port of loopback; ends with the block."""
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
