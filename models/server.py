"""The HTTP server before an engine: OpenAI's chat completions with text and speech."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from aiohttp import web

from models.admission import Admission, stopping
from models.api import parse, to_generation
from models.completion import Completion
from models.engine import Engine, EngineError, FatalEngineError
from models.errors import ApiError
from models.metrics import Metrics
from models.request_trace import RequestTrace

log = logging.getLogger("engine")

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CLIENT_GONE = 499
"""Status, as nginx has it, that nobody reads."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server bears.

    Attributes:
        concurrency: Requests served at a time; 0 is what the engine likes best.
        waiting: Requests that may wait, in all.
        waiting_per_room: Of these, for one room.
        body_bytes: Largest request body.
        read_timeout: Seconds until a body must be in.
        write_timeout: Seconds that a client may take no data before it is dropped.
        keep_alive: Seconds of waiting from which on a stream is opened and kept open by comments.
        grace: Seconds that running requests have to end when the server stops.
    """

    concurrency: int = 0
    waiting: int = 64
    waiting_per_room: int = 8
    body_bytes: int = 48 * 1024 * 1024
    read_timeout: float = 20.0
    write_timeout: float = 15.0
    keep_alive: float = 10.0
    grace: float = 3.0


class EngineServer:
    """Serves one engine. Used from one event loop."""

    def __init__(self, engine: Engine, *, limits: Limits | None = None, api_key: str = "") -> None:
        """An empty ``api_key`` lets everybody in."""
        self._engine = engine
        self._limits = limits or Limits()
        self._key = api_key.encode()
        self._admission = Admission(
            self._limits.concurrency or engine.info.concurrency,
            self._limits.waiting,
            self._limits.waiting_per_room,
        )
        self.metrics = Metrics(
            lambda: self._admission.running,
            lambda: self._admission.waiting,
            lambda: bool(engine.info.shortage),
        )
        self._state = "starting"
        self.lost = asyncio.Event()
        """Set when the engine can no longer work in this process, which must then end."""

    @property
    def grace(self) -> float:
        return self._limits.grace

    def app(self) -> web.Application:
        """The application; its clean-up closes the engine."""
        app = web.Application(
            middlewares=[_shaped_errors, self._guarded],
            client_max_size=self._limits.body_bytes,
        )
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.on_shutdown.append(self._on_shutdown)
        app.on_cleanup.append(self._on_cleanup)
        return app

    async def start(self) -> None:
        """Starts the engine; until then requests are told to come back. Raises EngineError."""
        await self._engine.start()
        self._state = "ready"

    async def _on_shutdown(self, _: web.Application) -> None:
        self._state = "stopping"
        self._admission.close()

    async def _on_cleanup(self, _: web.Application) -> None:
        await self._engine.aclose()

    @web.middleware
    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if self._key and request.path.startswith("/v1/"):
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            same = hmac.compare_digest(given.strip().encode(), self._key)
            if scheme.lower() != "bearer" or not same:
                raise ApiError(401, "the API key is missing or wrong", code="invalid_api_key")
        return await handler(request)

    async def _health(self, _: web.Request) -> web.Response:
        body = {
            "state": self._state,
            "engine": self._engine.info.name,
            "running": self._admission.running,
            "waiting": self._admission.waiting,
            "shortage": self._engine.info.shortage,
        }
        return web.json_response(body, status=200 if self._state == "ready" else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=await asyncio.to_thread(self.metrics.text),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def _models(self, _: web.Request) -> web.Response:
        info = self._engine.info
        model = {
            "id": info.name,
            "object": "model",
            "created": 0,
            "owned_by": "pressbox",
            "modalities": ["text", "audio"] if info.speaks else ["text"],
            "input_modalities": ["text", "image", *(["audio"] if info.hears else [])],
        }
        return web.json_response({"object": "list", "data": [model]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        kind, outcome = "unknown", "cancelled"
        trace = RequestTrace(request.headers, self._engine.info.name)
        try:
            chat = parse(await self._body(request))
            generation = to_generation(chat, self._engine)
            kind = generation.kind
            self._check_ready()
            counted = self._admission, self.metrics, arrived
            completion = Completion(chat, generation, self._engine, *counted, self._lost, trace)
            response = await self._answered(request, completion)
            outcome = completion.outcome
        except Exception as error:
            if not isinstance(error, ConnectionError):
                outcome = error.code if isinstance(error, ApiError) else "internal_error"
            raise
        finally:
            self.metrics.requests.labels(kind, outcome).inc()
            trace.end(outcome)
            if outcome == "cancelled":
                self.metrics.cancelled.inc()
            elif outcome == "deadline_exceeded":
                self.metrics.deadlines_missed.inc()
        return response

    def _lost(self, error: FatalEngineError) -> None:
        """The answer that told so still goes out; nothing new is taken."""
        log.critical("the engine ends and must be started again: %s", error)
        self._state = "stopping"
        self.lost.set()

    def _check_ready(self) -> None:
        if self._state == "starting":
            raise ApiError(
                503, "the engine is still starting", code="engine_starting", retry_after=2
            )
        if self._state == "stopping":
            raise stopping()

    async def _body(self, request: web.Request) -> bytes:
        try:
            async with asyncio.timeout(self._limits.read_timeout):
                return await request.read()
        except TimeoutError:
            raise ApiError(408, "the body did not arrive in time", code="timeout") from None

    async def _answered(self, request: web.Request, completion: Completion) -> web.StreamResponse:
        if not completion.chat.stream:
            return web.json_response(await completion.whole())
        async with aclosing(completion.events(self._limits.keep_alive)) as events:
            first = await anext(events)  # an error before it still has a status of its own
            response = web.StreamResponse(
                headers={
                    "Content-Type": "text/event-stream; charset=utf-8",
                    "Cache-Control": "no-cache",
                    "X-Accel-Buffering": "no",
                }
            )
            await response.prepare(request)
            await self._write(response, first)
            async for piece in events:
                await self._write(response, piece)
            await response.write_eof()
        return response

    async def _write(self, response: web.StreamResponse, piece: bytes) -> None:
        try:
            async with asyncio.timeout(self._limits.write_timeout):
                await response.write(piece)
        except TimeoutError:
            raise ConnectionResetError("the client takes no data") from None


@web.middleware
async def _shaped_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Every error leaves as OpenAI's error object."""
    try:
        return await handler(request)
    except ApiError as error:
        return _error_response(error)
    except web.HTTPRequestEntityTooLarge as error:
        return _error_response(ApiError(413, error.text or "too large", code="request_too_large"))
    except web.HTTPException as error:
        text = f"{request.method} {request.path[:80]}: {error.reason.lower()}"
        return _error_response(ApiError(error.status, text, code="unknown_url"))
    except EngineError as error:
        log.error("%s", error)
        return _error_response(ApiError(500, str(error), code="engine_error"))
    except ConnectionError:  # who asked has gone: no fault, and nobody to answer
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=CLIENT_GONE)
    except Exception:
        log.exception("a request failed")
        return _error_response(
            ApiError(500, "the engine server failed, its log says how", code="internal_error")
        )


def _error_response(error: ApiError) -> web.Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return web.json_response(error.body(), status=error.status, headers=headers)
