"""What a booth without LiveKit serves: a plain page, and the API for its one room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aiohttp import web

from config.settings import Settings
from web.access.access import Access
from web.engine_api import EngineApi
from web.http.api import Api
from web.http.parameters import InRoom
from web.http.routes import Route
from web.page import Page
from web.server import application, version
from web.sources_api import shown
from web.standalone.feed import StandaloneFeed

PAGE = Path(__file__).resolve().parent / "page"


def app(settings: Settings, feed: StandaloneFeed) -> web.Application:
    """The feed stays its owner's."""
    access = Access(settings)

    async def sources(request: web.Request, _: InRoom) -> web.Response:
        """The one that there is."""
        report, operator = feed.report, await access.guard.is_operator(request)
        told = [shown(replace(report, room=feed.room), operator)] if report else []
        return web.json_response({"sources": told}, headers={"Cache-Control": "no-store"})

    more = [Route("/api/sources", "watch", InRoom, sources), EngineApi(settings).route()]
    api = Api(feed, version(), lambda _: {"room": feed.room}, more, settings)
    api.metrics.registry.register(feed)
    return application(access, api, Page(PAGE))
