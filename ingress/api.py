"""The service's HTTP API, for programs on this machine: sources, probes, health, metrics.

Everything below /api wants `Authorization: Bearer <admin token>`. Errors are `{"error": one line}`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import traceback
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from config.default_name import default_name
from config.settings import Settings
from config.source_address import AddressError
from config.source_spec import NAME, SourceSpec, SpecError, check_fields, source_spec
from ingress.admission import admitted
from ingress.metrics import Metrics
from ingress.probe import probe
from ingress.pushes.media_server import AUTH_PATH
from ingress.pushes.pushes import Pushes, addresses, new_url
from ingress.registry import ConflictError, Registry, UnknownSourceError

log = logging.getLogger("pressbox.ingress")

_MAX_BODY = 64 * 1024
_PROBES = 4
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Api:
    """The handlers, bound to one registry."""

    def __init__(
        self, settings: Settings, sources: Registry, token: str, pushes: Pushes | None = None
    ) -> None:
        self._settings = settings
        self._pushes = pushes or Pushes(settings)
        self._sources = sources
        self._token = token.encode()
        self._probes = asyncio.Semaphore(_PROBES)
        self._numbers = Metrics(sources.list, by_name=settings.metrics_names)

    def app(self) -> web.Application:
        """The application with all of its routes."""
        app = web.Application(
            client_max_size=_MAX_BODY, middlewares=[_one_line_errors, self._only_friends]
        )
        app.add_routes(
            [
                web.get("/health", self._health),
                web.get("/metrics", self._metrics),
                web.get("/api/sources", self._list),
                web.post("/api/sources", self._add),
                web.delete("/api/sources/{name}", self._remove),
                web.post("/api/sources/{name}/wake", self._wake),
                web.post("/api/probe", self._probe),
                web.post(AUTH_PATH, self._may_push),
            ]
        )
        return app

    @web.middleware
    async def _only_friends(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses who comes under another name than ours (a page whose name was bound anew to
        this machine's address) and, below /api, who has no token. Monitors come by any address
        where METRICS_OPEN is on.
        """
        monitor = self._settings.metrics_open and request.path in ("/health", "/metrics")
        names = (*_LOOPBACK, self._settings.ingress_host)
        if not monitor and _host(request.headers.get("Host", "")) not in names:
            raise web.HTTPForbidden(text="this service answers under its own name only")
        if request.path.startswith("/api/"):
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(errors="replace"), self._token):
                raise web.HTTPUnauthorized(text="the admin token is missing or wrong")
        return await handler(request)

    async def _health(self, _: web.Request) -> web.Response:
        reports = self._sources.list()
        live = sum(report.state == "live" for report in reports)
        return web.json_response({"status": "ok", "sources": len(reports), "live": live})

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._numbers.text(), content_type="text/plain")

    async def _list(self, _: web.Request) -> web.Response:
        listed = [one.json() for one in self._sources.list()]
        return web.json_response({"sources": listed, "notice": self._sources.notice})

    async def _add(self, request: web.Request) -> web.Response:
        spec, from_page = await self._wanted(request)
        report = await self._sources.add(spec, from_page=from_page)
        said = report.json()
        if spec.address.kind == "push":  # the only time that its key is shown
            said["push"] = addresses(self._settings, spec.name, spec.address.password)
        return web.json_response(said, status=201)

    async def _wanted(self, request: web.Request) -> tuple[SourceSpec, bool]:
        """What a request describes, and whether it came from the page. Raises SpecError."""
        values = await _object(request)
        from_page = values.pop("from_page", False)
        if not isinstance(from_page, bool):
            raise SpecError("true or false", "from_page")
        check_fields(values, SourceSpec.model_fields)
        if values.get("url") == "push":
            values["url"] = new_url()
        if not values.get("name"):
            values["name"] = self._name(values)
        return admitted(source_spec(values), self._settings, from_page=from_page), from_page

    def _name(self, values: dict[str, object]) -> str:
        """A name for a source that came without one."""
        spec = source_spec({**values, "name": "unnamed"})
        room = spec.room or self._settings.room
        taken = {one.name for one in self._sources.list() if one.room == room}
        return default_name(spec.address, taken)

    async def _remove(self, request: web.Request) -> web.Response:
        await self._sources.remove(*self._which(request))
        return web.json_response({"removed": request.match_info["name"]})

    async def _wake(self, request: web.Request) -> web.Response:
        self._sources.wake(*self._which(request))
        return web.json_response({"woken": request.match_info["name"]})

    def _which(self, request: web.Request) -> tuple[str, str]:
        name = request.match_info["name"]
        if not re.fullmatch(NAME, name):  # an address, maybe: it is not to be repeated
            raise UnknownSourceError("there is no source of this name, and could not be")
        return name, request.query.get("room") or self._settings.room

    async def _probe(self, request: web.Request) -> web.Response:
        spec, from_page = await self._wanted(request)
        if self._probes.locked():
            raise web.HTTPServiceUnavailable(text=f"{_PROBES} sources are being probed already")
        async with self._probes:
            found = await probe(
                spec.address.url,
                self._settings,
                guarded=from_page,
                transport=spec.transport,
                headers={name: one.get_secret_value() for name, one in spec.headers.items()},
            )
        return web.json_response(found.json())

    async def _may_push(self, request: web.Request) -> web.Response:
        """Answers mediamtx, which asks for every login."""
        return web.Response(status=204 if self._pushes.admits(await _object(request)) else 401)


def _host(named: str) -> str:
    try:
        return URL(f"http://{named}").host or ""
    except ValueError:
        return ""


async def _object(request: web.Request) -> dict[str, object]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="the body is not JSON") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    return body


@web.middleware
async def _one_line_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (SpecError, AddressError) as error:
        return _error(422, str(error), error.problem if isinstance(error, SpecError) else None)
    except (ConflictError, UnknownSourceError) as error:
        return _error(409 if isinstance(error, ConflictError) else 404, str(error))
    except OSError as error:
        return _error(500, f"it cannot be kept in STATE_DIR: {error.strerror}")
    except web.HTTPException as error:
        return _error(error.status, (error.text or error.reason).strip())
    except Exception as error:
        # Its text goes nowhere: a library's error may hold the address that it was about.
        *_, place = traceback.extract_tb(error.__traceback__)
        what = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
    log.error("%s failed: %s", request.method, what)
    return _error(500, "the ingress service failed; its log says more")


def _error(status: int, text: str, more: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": " ".join(text.split()), **(more or {})}, status=status)
