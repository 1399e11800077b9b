"""`POST /api/links`: links for others, and for one's own phone."""

from __future__ import annotations

import asyncio
import io
import time

import segno
from aiohttp import web
from pydantic import ConfigDict, Field

from config.admin_token import AdminTokenError
from config.own_address import is_loopback
from config.page_address import is_open, page_for_others
from config.settings import Settings
from config.viewer_links import LONGEST, link
from web.access.guard import Guard, is_guest
from web.http.errors import error
from web.http.openapi import schema_of
from web.http.parameters import InRoom, Nothing, body
from web.http.routes import Route

USUAL = 12.0
"""Hours that a link lasts; no more for what a steering phone hands out."""

_NEAR_ONLY = "nobody else reaches this page: start it with make run LAN=on"


class LinkWish(InRoom):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid")

    hours: float = Field(default=USUAL, ge=0.1, le=LONGEST, description="how long it lasts")
    steer: bool = Field(default=False, description="it may also change the room")


class LinksApi:
    """The handler, bound to one set of settings."""

    def __init__(self, settings: Settings, guard: Guard) -> None:
        self._settings = settings
        self._guard = guard

    def route(self) -> Route[Nothing]:
        """What it answers to."""
        wish = schema_of(LinkWish)
        return Route("/api/links", "open", Nothing, self._make, body=wish, statuses=(201,))

    def may(self, request: web.Request) -> bool:
        """Whether whoever watches the room of this request gets a link for it."""
        return not is_guest(request) and bool(self._page(request))

    async def _make(self, request: web.Request, _: Nothing) -> web.Response:
        """A link to a room, with a picture of it for a phone's camera."""
        wish = await body(request, LinkWish)
        room = wish.room or self._settings.room
        who = await self._guard.standing(request, room)
        if who == "guest" or (who == "steer" and wish.steer):
            raise web.HTTPForbidden(text="your own link does not let you make this one")
        page = self._page(request)
        if not page:
            return error(409, _NEAR_ONLY)
        hours = min(wish.hours, USUAL) if who == "steer" else wish.hours
        expires = int(time.time() + hours * 3600)
        try:
            token = await asyncio.to_thread(self._guard.links.make, room, hours, steer=wish.steer)
        except AdminTokenError as failed:
            return error(503, str(failed))
        url = link(page, room, token)
        return web.json_response(
            {"url": url, "qr": _picture(url), "expires": expires},
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    def _page(self, request: web.Request) -> str:
        """The page as others find it; "" where nobody does."""
        settings, seen = self._settings, request.url.origin()
        elsewhere = not is_loopback(seen.host or "")
        if elsewhere and (seen.scheme == "https" or not settings.lan):
            return str(seen)
        return page_for_others(settings) if is_open(settings) else ""


def _picture(url: str) -> str:
    """SVG."""
    drawn = io.BytesIO()
    code = segno.make(url, error="l")
    code.save(drawn, kind="svg", xmldecl=False, nl=False, omitsize=True, light="#fff")
    return drawn.getvalue().decode()
