"""The HTTP server: the page, the token endpoint, and what there is to know."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import tomllib
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from config.settings import Settings
from web.access.access import Access
from web.access.guard import Right
from web.access.limits import BODY_SIZE, HEADER_LIMIT
from web.addresses import NoAddressError, server_url
from web.page import NOT_BUILT, Page
from web.sources_api import SourcesApi
from web.tokens import TokenMaker, TokenRequestError, parse_request

logger = logging.getLogger("web")

_KEPT_HEADERS = {"Allow", "Retry-After", "WWW-Authenticate"}
_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


class BindError(OSError):
    """The server cannot listen where the settings say. `str()` is one line."""


def version() -> str:
    """The version of Pressbox, from `pyproject.toml`."""
    with _PROJECT.open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


class Server:
    """The handlers, bound to one set of settings."""

    def __init__(self, settings: Settings, page: Page) -> None:
        self._settings = settings
        self._access = Access(settings)
        self._page = page
        self._version = version()
        self._tokens = TokenMaker(
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            settings.room,
        )

    def app(self) -> web.Application:
        """The application with all of its routes."""
        app = web.Application(client_max_size=BODY_SIZE, middlewares=[_one_line_errors])
        self._access.install(app, _right_of)
        sources = SourcesApi(self._settings, self._access.guard)
        app.add_routes(sources.routes())
        app.on_cleanup.append(lambda _: sources.aclose())
        app.add_routes(
            [
                web.post("/api/livekit/token", self._token),
                web.get("/api/status", self._status),
                web.get("/health", _health),
                web.get("/{name:(?!api/).*}", self._page.handle),
            ]
        )
        return app

    async def _token(self, request: web.Request) -> web.Response:
        try:
            wanted = parse_request(await _json_body(request))
            guard, room = self._access.guard, wanted.room_name or ""
            await guard.may_watch(request, room)
            url = self._url_for(request)
            token = self._tokens.token(wanted, guest=not await guard.is_operator(request))
        except TokenRequestError as error:
            return _error(422, str(error))
        except NoAddressError as error:
            return _error(503, str(error))
        return web.json_response(
            {"server_url": url, "participant_token": token},
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    async def _status(self, request: web.Request) -> web.Response:
        try:
            address = {"livekit_url": self._url_for(request)}
        except NoAddressError as error:
            address = {"livekit_url": "", "problem": str(error)}
        return web.json_response(
            {"room": self._settings.room, "version": self._version, **address},
            headers={"Cache-Control": "no-store"},
        )

    def _url_for(self, request: web.Request) -> str:
        settings = self._settings
        return server_url(settings.livekit_url, settings.livekit_public_url, request.url)


def _right_of(request: web.Request) -> Right:
    if request.path == "/api/sources" or request.path.startswith("/api/sources/"):
        return "watch" if request.method in ("GET", "HEAD") else "operate"
    return "watch" if request.path == "/api/status" else "open"


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _json_body(request: web.Request) -> object:
    body = await request.read()
    if not body.strip():
        return {}
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="the body is not JSON") from None


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)


@web.middleware
async def _one_line_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Below /api, every error is one JSON object with one line in it."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if not request.path.startswith("/api/") or error.status < 400:
            raise
        answer = _error(error.status, (error.text or error.reason).strip())
        for name in _KEPT_HEADERS & error.headers.keys():
            answer.headers[name] = error.headers[name]
        return answer


async def serve(settings: Settings, stop: asyncio.Event, page: Page | None = None) -> None:
    """Serves until `stop` is set. Raises BindError where the address cannot be had."""
    page = page or Page()
    if not page.built:
        logger.warning(NOT_BUILT)
    await serve_app(Server(settings, page).app(), settings, stop)


async def serve_app(app: web.Application, settings: Settings, stop: asyncio.Event) -> None:
    """The same of any application."""
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=2.0, keepalive_timeout=HEADER_LIMIT
    )
    await runner.setup()
    try:
        await _listen(runner, settings.web_host, settings.web_port)
        logger.info(
            "the page is on %s",
            URL.build(scheme="http", host=settings.web_host, port=settings.web_port),
        )
        await stop.wait()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        reason = "it is in use by another program" if in_use else error.strerror
        raise BindError(f"cannot listen on WEB_HOST={host} WEB_PORT={port}: {reason}") from error
