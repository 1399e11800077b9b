"""An engine server that follows a script: the real interface and chosen times.

Also a process of its own, for benches: `python -m tests.support.scripted_engine --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from tests.support.engine_script import RATE, Answer, Lognormal, Script, filled, speech, words

PIECE = 0.1
"""Seconds of sound in one event."""

MODEL = "scripted"


@dataclass(slots=True)
class Asked:
    """One request as it came, and what became of it. Times in monotonic seconds."""

    number: int
    received: float
    kind: str
    images: int
    text: str
    body: dict[str, Any] = field(repr=False)
    answer: Answer
    first_sent: float | None = None
    done: float | None = None
    cancelled: float | None = None


class ScriptedEngine:
    """The server; made by `scripted_engine`. `script` may be replaced while it runs.

    slowness multiplies all ready times; `POST /v1/engine {"slowness": 2}` sets it from outside.
    Without keep_bodies it forgets each request's pictures, for runs of half an hour.
    """

    def __init__(self, script: Script, *, keep_bodies: bool = True) -> None:
        self.script = script
        self.slowness = 1.0
        self.asked: list[Asked] = []
        self._keep_bodies = keep_bodies
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Base URL as the settings want it."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self, port: int = 0) -> None:
        """Listens on this port; 0 for the one it had, or any free one."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_get("/v1/engine", self._log)
        app.router.add_post("/v1/engine", self._change)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Closes every connection, as a crash would. Idempotent; `start` brings it back."""
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "tests"}]}
        )

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _log(self, _: web.Request) -> web.Response:
        """What was asked so far, for a bench that runs the engine as a process."""
        return web.json_response([_row(asked) for asked in self.asked])

    async def _change(self, request: web.Request) -> web.Response:
        self.slowness = float((await request.json())["slowness"])
        return web.Response()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = self._note(await request.json())
        try:
            response = await self._answer(request, asked)
        except asyncio.CancelledError:
            asked.cancelled = time.monotonic()
            raise
        finally:
            if not self._keep_bodies:
                asked.body = {}
        asked.done = time.monotonic()
        return response

    def _note(self, body: dict[str, Any]) -> Asked:
        content = body["messages"][-1]["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        kind = body.get("pressbox", {}).get("kind", "")
        number = len(self.asked)
        answer = filled(self.script(number, kind), number)
        asked = Asked(
            number=number,
            received=time.monotonic(),
            kind=kind,
            images=sum(part["type"] == "image_url" for part in parts),
            text=" ".join(part["text"] for part in parts if part["type"] == "text"),
            body=body,
            answer=replace(answer, ready=answer.ready * self.slowness),
        )
        self.asked.append(asked)
        return asked

    async def _answer(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await asyncio.sleep(asked.received + asked.answer.ready - time.monotonic())
        asked.first_sent = time.monotonic()
        await self._stream(response, asked)
        return response

    async def _stream(self, response: web.StreamResponse, asked: Asked) -> None:
        answer, start = asked.answer, asked.first_sent or 0.0
        sound = _sound(asked)
        pieces = max(-(-len(sound) // round(PIECE * RATE)), 1)
        for i, text in enumerate(words(answer.text, pieces)):
            await asyncio.sleep(start + i * PIECE / answer.speed - time.monotonic())
            piece = sound[i * round(PIECE * RATE) : (i + 1) * round(PIECE * RATE)]
            await response.write(_event(asked, _delta(asked, text, piece)))
        await response.write(_event(asked, {}, finish="stop"))
        if asked.body.get("stream_options", {}).get("include_usage"):
            await response.write(_event(asked, None))
        await response.write(b"data: [DONE]\n\n")


def _sound(asked: Asked) -> NDArray[np.int16]:
    wanted = "audio" in asked.body.get("modalities", ["text"])
    if not wanted or not asked.answer.audio:
        return np.zeros(0, np.int16)
    return speech(asked.answer, asked.number)


def _delta(asked: Asked, text: str, sound: NDArray[np.int16]) -> dict[str, Any]:
    delta: dict[str, Any] = {"role": "assistant"}
    if text:
        delta["content"] = text
    if len(sound):
        data = base64.b64encode(sound.tobytes()).decode()
        delta["audio"] = {"id": f"audio-{asked.number}", "data": data}
    return delta


def _event(asked: Asked, delta: dict[str, Any] | None, finish: str | None = None) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    event = {**_head(asked, "chat.completion.chunk"), "choices": choices}
    if delta is None:
        event["usage"] = _USAGE
    return f"data: {json.dumps(event)}\n\n".encode()


def _head(asked: Asked, what: str) -> dict[str, Any]:
    return {"id": f"line-{asked.number}", "object": what, "created": 0, "model": MODEL}


_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def _row(asked: Asked) -> dict[str, Any]:
    return {
        "number": asked.number,
        "kind": asked.kind,
        "text": asked.text,
        "received": asked.received,
        "first_sent": asked.first_sent,
        "done": asked.done,
        "cancelled": asked.cancelled,
        "ready": asked.answer.ready,
        "speech": asked.answer.speech,
        "speed": asked.answer.speed,
        "images": asked.images,
    }


@asynccontextmanager
async def scripted_engine(script: Script) -> AsyncIterator[ScriptedEngine]:
    """An engine on a free port of loopback."""
    engine = ScriptedEngine(script)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


def main() -> None:
    """Runs an engine with lognormal ready times until it is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    for name in ("mean", "cv", "speech", "spread", "speed"):
        parser.add_argument(f"--{name}", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = vars(parser.parse_args())
    port = options.pop("port")

    async def serve() -> None:
        engine = ScriptedEngine(Lognormal(**options), keep_bodies=False)
        await engine.start(port)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
