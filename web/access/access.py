"""All of it, put into an application."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from config.settings import Settings
from web.access import headers
from web.access.crossing import Crossing
from web.access.guard import Guard, Right
from web.access.hosts import Hosts, Proxies
from web.access.limits import Limits


class Access:
    """Bound to one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = Hosts(settings)
        self._proxies = Proxies(settings.web_proxies)
        self._limits = Limits()
        self._crossing = Crossing(settings.web_origins)
        self.guard = Guard(settings, self._hosts)

    def install(self, app: web.Application, right_of: Callable[[web.Request], Right]) -> None:
        """Adds the checks that every request goes through; `right_of` says what each one needs."""
        app.middlewares.extend(
            [
                self._known_host,
                self._limits.middleware,
                self._crossing.middleware,
                self.guard.links_to_cookies,
                self.guard.middleware(right_of),
            ]
        )
        app.on_response_prepare.append(headers.on_prepare)
        app.on_response_prepare.append(self._crossing.on_prepare)

    @property
    def _known_host(self) -> Middleware:
        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            sent = self._proxies.as_sent(request)
            for host in (request.host, sent.host):
                if not self._hosts.allows(host):
                    raise web.HTTPMisdirectedRequest(
                        text="the page is not known by this name (WEB_NAMES)\n"
                    )
            return await handler(sent)

        return check
