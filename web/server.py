"""The HTTP server: the page, the token endpoint, and what there is to know."""

from __future__ import annotations

import asyncio
import errno
import logging
import sys
import tomllib
from pathlib import Path
from typing import Any

from aiohttp import web
from yarl import URL

from config.admin_token import AdminTokenError, newly_made
from config.page_address import is_open, page_for_others
from config.settings import Settings
from web import certificate
from web.access.access import Access
from web.access.limits import BODY_SIZE, HEADER_LIMIT
from web.addresses import NoAddressError, server_url
from web.commentators import Commentators
from web.engine_api import EngineApi
from web.feed import Feeds
from web.http.api import Api
from web.http.errors import error
from web.http.openapi import schema_of
from web.http.parameters import Nothing, json_object
from web.http.routes import Route
from web.links_api import LinksApi
from web.livekit_proxy import LiveKitProxy
from web.page import NOT_BUILT, Page
from web.rooms.room_feeds import RoomFeeds
from web.sources_api import SourcesApi
from web.tokens import TokenMaker, TokenRequest, TokenRequestError, parse_request

logger = logging.getLogger("web")

_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


class BindError(OSError):
    """The server cannot listen where the settings say. `str()` is one line."""


def version() -> str:
    """The version of Pressbox, from `pyproject.toml`."""
    with _PROJECT.open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def application(
    access: Access, api: Api, page: Page, livekit: LiveKitProxy | None = None
) -> web.Application:
    """Page and API, and LiveKit where it is handed on, behind what `access` lets through."""
    app = web.Application(client_max_size=BODY_SIZE)
    access.install(app, api.right_of)
    api.install(app)
    if livekit is not None:
        livekit.install(app)
    app.router.add_get("/{name:(?!api/).*}", page.handle)
    return app


class Server:
    """The application for the rooms of one LiveKit server, bound to one set of settings."""

    def __init__(self, settings: Settings, page: Page, feeds: Feeds | None = None) -> None:
        """`feeds`: closed when the application ends; the rooms themselves where none are given."""
        self._settings = settings
        self._access = Access(settings)
        self._page = page
        self._feeds = feeds or RoomFeeds(settings)
        self._sources = SourcesApi(settings, self._access.guard)
        self._links = LinksApi(settings, self._access.guard)
        self._proxy = LiveKitProxy(settings) if is_open(settings) else None
        self._commentators = Commentators(settings)
        self._tokens = TokenMaker(
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            settings.room,
        )

    def app(self) -> web.Application:
        """The application with all of its routes."""
        asked = schema_of(TokenRequest)
        path = "/api/livekit/token"
        token = Route(path, "open", Nothing, self._token, body=asked, statuses=(201,))
        engine = EngineApi(self._settings).route()
        more: list[Route[Any]] = [token, engine, self._links.route(), *self._sources.routes()]
        api = Api(self._feeds, version(), self._about, more, self._settings)
        app = application(self._access, api, self._page, self._proxy)
        app.on_cleanup.append(self._close)
        return app

    async def _close(self, _: web.Application) -> None:
        await self._commentators.aclose()
        await self._feeds.aclose()
        await self._sources.aclose()

    async def _token(self, request: web.Request, _: Nothing) -> web.Response:
        """A token to join a room, as LiveKit's token endpoint gives it."""
        try:
            wanted = parse_request(await json_object(request, BODY_SIZE))
            guard, room = self._access.guard, wanted.room_name or ""
            who = await guard.standing(request, room)
            url = self._url_for(request)
            token = self._tokens.token(wanted, guest=who == "guest")
        except TokenRequestError as wrong:
            return error(422, str(wrong))
        except NoAddressError as wrong:
            return error(503, str(wrong))
        if self._tokens.wants_commentator(wanted):
            self._commentators.expect(room)
        return web.json_response(
            {"server_url": url, "participant_token": token},
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    def _about(self, request: web.Request) -> dict[str, object]:
        known = {"room": self._settings.room, "links": self._links.may(request)}
        try:
            return {**known, "livekit_url": self._url_for(request)}
        except NoAddressError as wrong:
            return {**known, "livekit_url": "", "problem": str(wrong)}

    def _url_for(self, request: web.Request) -> str:
        known, public = self._settings.livekit_url, self._settings.livekit_public_url
        return server_url(known, public, request.url, by_us=self._proxy is not None)


async def serve(settings: Settings, stop: asyncio.Event, page: Page | None = None) -> None:
    """Serves until `stop` is set. Raises BindError where the address cannot be had."""
    page = page or Page()
    if not page.built:
        logger.warning(NOT_BUILT)
    await serve_app(Server(settings, page).app(), settings, stop)


async def serve_app(app: web.Application, settings: Settings, stop: asyncio.Event) -> None:
    """The same of any application."""
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=2.0,
        keepalive_timeout=HEADER_LIMIT,
        lingering_time=2.0,  # after a refusal, for the rest of what was refused
        handler_cancellation=True,  # who has gone is not served on
    )
    await runner.setup()
    try:
        if settings.lan:
            await _listen_by_https(runner, settings)
        site = web.TCPSite(runner, settings.web_host, settings.web_port)
        await _listen(site, f"WEB_HOST={settings.web_host} WEB_PORT={settings.web_port}")
        logger.info(
            "the page is on %s",
            URL.build(scheme="http", host=settings.web_host, port=settings.web_port),
        )
        await asyncio.to_thread(_introduce, settings)
        await stop.wait()
    finally:
        await runner.cleanup()


def _introduce(settings: Settings) -> None:
    """Shows a new admin token where others can reach the page; to a person, and into no log."""
    if not is_open(settings) or not sys.stderr.isatty():
        return
    try:
        token = newly_made(settings)
    except AdminTokenError as error:
        logger.warning("%s", error)
        return
    if token:
        sys.stderr.write(f"the admin token, shown this once: {token}\n")


async def _listen_by_https(runner: web.AppRunner, settings: Settings) -> None:
    try:
        context = await asyncio.to_thread(certificate.context, settings)
    except certificate.CertificateError as error:
        raise BindError(str(error)) from None
    site = web.TCPSite(runner, None, settings.tls_port, ssl_context=context)
    await _listen(site, f"TLS_PORT={settings.tls_port}")
    logger.info("the page is on %s for others", page_for_others(settings))


async def _listen(site: web.TCPSite, where: str) -> None:
    try:
        await site.start()
    except OSError as failed:
        in_use = failed.errno == errno.EADDRINUSE
        reason = "it is in use by another program" if in_use else failed.strerror
        raise BindError(f"cannot listen on {where}: {reason}") from failed
