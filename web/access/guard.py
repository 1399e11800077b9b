"""What each route is for, and who may use it.

Whoever comes from this machine (a server on loopback, under a loopback name, through no proxy) may
do all but what is for the operator. Everybody else needs a viewer link to watch and to ask, one of
the other kind to steer, and the operator's token for everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from config.admin_token import AdminTokenError
from config.settings import Settings
from config.viewer_links import LinkError, Pass, ViewerLinks
from web.access.hosts import Hosts
from web.access.operator import Operator, credential

Right = Literal["open", "watch", "steer", "change", "operate"]
"""open: for all. watch: one room, by `?room=`, or asking in it. steer: that room's settings, rules
and notes. change: what is of no single room. operate: what needs the token on this machine too.
"""

Standing = Literal["guest", "steer", "operator"]
"""In a room. guest: who came by a viewer link, and changes nothing; steer: by one that says so."""

_STANDING = web.RequestKey("standing", str)


def standing(request: web.Request) -> str:
    """As what whoever asks this, for one room, came."""
    return str(request.get(_STANDING, "operator"))


def is_guest(request: web.Request) -> bool:
    """Whether it came by a link that is for watching."""
    return standing(request) == "guest"


class Guard:
    """Bound to one set of settings."""

    def __init__(self, settings: Settings, hosts: Hosts) -> None:
        self.operator = Operator(settings)
        self.links = ViewerLinks(settings)
        self._hosts = hosts
        self._room = settings.room

    def middleware(self, right_of: Callable[[web.Request], Right]) -> Middleware:
        """Lets those only through who have the right that a request needs."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            right = right_of(request)
            if right in ("watch", "steer"):
                found = await self.standing(request, request.query.get("room", ""))
                if right == "steer" and found == "guest":
                    raise _unauthorized(request, "this link is for watching only")
                request[_STANDING] = found
            elif right != "open":
                await self.may_change(request, everywhere=right == "operate")
            return await handler(request)

        return check

    async def is_operator(self, request: web.Request) -> bool:
        """Whether it comes from this machine, or with the operator's token."""
        return self._hosts.is_private(request) or await self.operator.sent(request)

    async def standing(self, request: web.Request, room: str) -> Standing:
        """As what they come to this room. "": the default one. Raises HTTPUnauthorized for whoever
        may not even watch it.
        """
        if await self.is_operator(request):
            return "operator"
        room = room or self._room
        names = (self.links.cookie(room, steer=steer) for steer in (True, False))
        given = [credential(request), *(request.cookies.get(name, "") for name in names)]
        said, found = "open the link that the operator gave you", set()
        for token in filter(None, given):
            try:
                shown = await self._read(token)
                found |= {shown.steer} if shown.room == room else set()
                said = "this link is for another room"
            except LinkError as error:
                said = str(error)
        if not found:
            raise _unauthorized(request, said)
        return "steer" if True in found else "guest"

    async def may_change(self, request: web.Request, *, everywhere: bool = False) -> None:
        """Raises HTTPUnauthorized. everywhere: on this machine too."""
        if not everywhere and self._hosts.is_private(request):
            return
        if not await self.operator.sent(request):
            raise _unauthorized(request, "the admin token is missing or wrong")

    async def _read(self, token: str) -> Pass:
        try:
            await asyncio.to_thread(self.links.load)
        except AdminTokenError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from None
        return self.links.read(token)

    @property
    def links_to_cookies(self) -> Middleware:
        """Turns the token in a link to the page into a cookie, and takes it out of the address."""

        @web.middleware
        async def turn(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/" or "view" not in request.query:
                return await handler(request)
            token = request.query["view"]
            try:
                shown = await self._read(token)
            except LinkError as error:
                raise web.HTTPForbidden(text=f"{error}\n") from None
            # Always to "/": a path of the visitor's own making may lead to another host.
            answer = web.Response(
                status=303, headers={"Location": f"/?{urlencode({'room': shown.room})}"}
            )
            answer.headers["Cache-Control"] = "no-store"
            answer.set_cookie(
                self.links.cookie(shown.room, steer=shown.steer),
                token,
                max_age=shown.seconds,
                httponly=True,
                secure=request.scheme == "https",
                samesite="Lax",
            )
            return answer

        return turn


def _unauthorized(request: web.Request, text: str) -> web.HTTPUnauthorized:
    """Players ask again with what stands in their address once they are asked; a browser would show
    a form for a name and a password that nobody has.
    """
    browser = request.headers.get("User-Agent", "").startswith("Mozilla/")
    challenge = "Bearer" if browser else 'Basic realm="Pressbox"'
    return web.HTTPUnauthorized(text=text, headers={"WWW-Authenticate": challenge})
