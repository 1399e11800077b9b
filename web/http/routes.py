"""The table of what is answered, from which the server, its document and its access are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from config.log import about
from web.access.guard import Right
from web.http.parameters import query

_Query = TypeVar("_Query", bound=BaseModel)
_Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Route(Generic[_Query]):
    """One entry.

    Attributes:
        query: The parameters that it takes.
        handler: Its docstring is what the document says of the route.
        content: Type of what it answers; errors are JSON.
        body: JSON schema of its body; with one it is a POST, if `method` says nothing else.
        statuses: What it answers with when all goes well.
        endless: It is answered for as long as the client stays.
    """

    path: str
    right: Right
    query: type[_Query]
    handler: Callable[[web.Request, _Query], Awaitable[web.StreamResponse]]
    content: str = "application/json"
    body: Mapping[str, Any] | None = None
    statuses: tuple[int, ...] = (200,)
    endless: bool = False
    method: str = ""

    @property
    def methods(self) -> tuple[str, ...]:
        """GET has HEAD with it."""
        if self.method or self.body is not None:
            return (self.method or "POST",)
        return "GET", "HEAD"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """For aiohttp."""
        asked = query(request, self.query)
        if self.endless and request.method == "HEAD":
            return web.Response(headers={"Content-Type": self.content})
        return await self.handler(request, asked)


@web.middleware
async def in_room(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What is logged of a request is about the room that it names."""
    with about(room=request.query.get("room", "")[:128]):
        return await handler(request)


def right_of(request: web.Request, routes: Iterable[Route[Any]]) -> Right:
    """What whoever asks this must be allowed; what is in no table is open."""
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else ""
    found = (one.right for one in routes if one.path == path and request.method in one.methods)
    return next(found, "open")


def add(app: web.Application, routes: Iterable[Route[Any]]) -> None:
    """Serve them, and OPTIONS beside them."""
    allowed: dict[str, list[str]] = {}
    for route in routes:
        for method in route.methods:
            app.router.add_route(method, route.path, route.handle)
            allowed.setdefault(route.path, ["OPTIONS"]).append(method)
    for path, methods in allowed.items():
        app.router.add_route("OPTIONS", path, _options(", ".join(sorted(methods))))


def _options(allowed: str) -> _Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Allow": allowed})

    return answer
