"""Pages of other origins: which may use the API, and what no page of a stranger can make a browser
do.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_SAFE = ("GET", "HEAD", "OPTIONS")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}


class Crossing:
    """Bound to the origins that may use the API. Their pages send tokens, never cookies."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)

    @property
    def middleware(self) -> Middleware:
        """Answers preflights, and refuses what another origin's page wants done, with 403."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if "Access-Control-Request-Method" in request.headers and self._is_wanted(request):
                return web.Response(status=204, headers=_PREFLIGHT)
            if request.method not in _SAFE:
                self._check_change(request)
            return await handler(request)

        return check

    def _check_change(self, request: web.Request) -> None:
        """Raises HTTPForbidden, or HTTPUnsupportedMediaType: a form can send three types only, and
        JSON is none of them.
        """
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        ours = site in ("same-origin", "none") or (site is None and origin is None)
        if not ours and origin not in self._origins and not _is_same(origin, request):
            raise web.HTTPForbidden(text="a page of another origin may not do this (WEB_ORIGINS)")
        if request.body_exists and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send Content-Type: application/json")

    async def on_prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """A signal handler of the application: pages of the allowed origins may read the answer."""
        if self._origins:
            response.headers["Vary"] = "Origin"
        if self._is_wanted(request):
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = "*"

    def _is_wanted(self, request: web.Request) -> bool:
        return request.path.startswith("/api/") and request.headers.get("Origin") in self._origins


def _is_same(origin: str | None, request: web.Request) -> bool:
    """Whether it is ours, be it by http or https: the port of either goes without saying."""
    return origin is not None and origin.lower().partition("://")[2] == request.host.lower()
