"""What each route is for, and who may use it.

Whoever comes from this machine (a server on loopback, under a loopback name, through no proxy) may
do all but what is for the operator. Everybody else needs a viewer link to watch and to ask, and the
operator's token for everything else.
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
from web.access.hosts import Hosts
from web.access.operator import Operator, credential
from web.access.viewer_links import LinkError, ViewerLinks

Right = Literal["open", "watch", "change", "operate"]
"""open: for all. watch: one room, by `?room=`, or asking in it. change: what others notice.
operate: what needs the token on this machine too.
"""

_GUEST = web.RequestKey("guest", bool)


def is_guest(request: web.Request) -> bool:
    """Whether it came by a viewer link."""
    return bool(request.get(_GUEST, False))


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
            if right == "watch":
                request[_GUEST] = not await self.is_operator(request)
                await self.may_watch(request, request.query.get("room", ""))
            elif right != "open":
                await self.may_change(request, everywhere=right == "operate")
            return await handler(request)

        return check

    async def is_operator(self, request: web.Request) -> bool:
        """Whether it comes from this machine, or with the operator's token."""
        return self._hosts.is_private(request) or await self.operator.sent(request)

    async def may_watch(self, request: web.Request, room: str) -> None:
        """Raises HTTPUnauthorized, unless they may watch this room. "": the default one."""
        if await self.is_operator(request):
            return
        room = room or self._room
        given = [credential(request), request.cookies.get(self.links.cookie(room), "")]
        said = "open the link that the operator gave you"
        for token in filter(None, given):
            try:
                if (await self._read(token))[0] == room:
                    return
                said = "this link is for another room"
            except LinkError as error:
                said = str(error)
        raise _unauthorized(request, said)

    async def may_change(self, request: web.Request, *, everywhere: bool = False) -> None:
        """Raises HTTPUnauthorized. everywhere: on this machine too."""
        if not everywhere and self._hosts.is_private(request):
            return
        if not await self.operator.sent(request):
            raise _unauthorized(request, "the admin token is missing or wrong")

    async def _read(self, token: str) -> tuple[str, int]:
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
                room, seconds = await self._read(token)
            except LinkError as error:
                raise web.HTTPForbidden(text=f"{error}\n") from None
            # Always to "/": a path of the visitor's own making may lead to another host.
            answer = web.Response(
                status=303, headers={"Location": f"/?{urlencode({'room': room})}"}
            )
            answer.headers["Cache-Control"] = "no-store"
            answer.set_cookie(
                self.links.cookie(room),
                token,
                max_age=seconds,
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
