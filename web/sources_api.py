"""`/api/sources`: the page's view of the ingress service, which itself is on loopback only.

Who may watch a room may look, without addresses; adding and removing needs the admin token.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from config.settings import Settings
from config.source_spec import SpecError, check_fields
from ingress.api_client import Client, ServiceError
from ingress.report import SourceReport
from web.access.guard import Guard
from web.http.parameters import InRoom, Nothing, json_object
from web.http.routes import Route

_FIELDS = (
    *("url", "name", "room", "mode", "transport", "sound", "loop", "start", "model_url"),
    *("turn", "mirror", "headers", "snapshot_rate"),
)
"""What may be said of a source from the page."""

_SHOWN = (
    *("name", "room", "state", "reason", "codec", "sound", "width", "height", "fps"),
    *("bitrate", "way", "since", "reconnects", "frozen"),
)
_NO_STORE = {"Cache-Control": "no-store"}


class SourcesApi:
    """The handlers, bound to one set of settings; `aclose` when the server ends."""

    def __init__(self, settings: Settings, guard: Guard) -> None:
        self._settings = settings
        self._guard = guard
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    def routes(self) -> list[Route[Any]]:
        """What they answer to."""
        source = {"type": "object", "required": ["url"], "properties": {key: {} for key in _FIELDS}}
        one = "/api/sources/{name}"
        return [
            Route("/api/sources", "watch", InRoom, self._list),
            Route("/api/sources", "operate", Nothing, self._add, body=source, statuses=(201,)),
            Route("/api/sources/probe", "operate", Nothing, self._probe, body=source),
            Route(one, "operate", InRoom, self._remove, method="DELETE"),
        ]

    async def aclose(self) -> None:
        """Lets go of the connection to the service. Safe to call again."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _list(self, request: web.Request, asked: InRoom) -> web.Response:
        """Those of one room; of all where none is named and the operator asks."""
        operator = await self._guard.is_operator(request)
        room = asked.room or ("" if operator else self._settings.room)
        try:
            reports = await (await self._service()).sources()
        except ServiceError as error:
            return _refused(error)
        found = [shown(one, operator) for one in reports if not room or one.room == room]
        return _json({"sources": found})

    async def _add(self, request: web.Request, _: Nothing) -> web.Response:
        """Bring one more into a room."""
        try:
            report = await (await self._service()).add(await _wanted(request))
        except ServiceError as error:
            return _refused(error)
        return _json(shown(report, operator=True), status=201)

    async def _probe(self, request: web.Request, _: Nothing) -> web.Response:
        """What is there, and which way it would go into a room; it is not added."""
        try:
            found = await (await self._service()).probe(await _wanted(request))
        except ServiceError as error:
            return _refused(error)
        return _json({**found, "url": _host_of(str(found["url"]))})

    async def _remove(self, request: web.Request, asked: InRoom) -> web.Response:
        """Take one out."""
        service = await self._service()
        name = request.match_info["name"]
        try:
            await service.remove(name, asked.room)
        except ServiceError as error:
            return _refused(error)
        return _json({"removed": name})

    async def _service(self) -> Client:
        """The connection, opened when it is first wanted: by then the service has its token."""
        async with self._opening:
            if self._client is None:
                token = await self._guard.operator.token()
                self._client = Client(
                    self._settings.ingress_host, self._settings.ingress_port, token
                )
            return self._client


def shown(report: SourceReport, operator: bool) -> dict[str, object]:
    """What a viewer may see; the operator also whence it comes, and errors, which name hosts. Of
    the address the host only, since a path may be a secret too.
    """
    values = report.json()
    shown = {name: values[name] for name in _SHOWN}
    if not operator:
        return shown
    return {**shown, "error": report.error, "url": _host_of(report.url)}


def _host_of(url: str) -> str:
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if slashes else url


async def _wanted(request: web.Request) -> dict[str, object]:
    """What the page wants to add or to probe. Raises ServiceError, HTTPException."""
    values = await json_object(request)
    try:
        check_fields(values, _FIELDS)
    except SpecError as wrong:
        raise ServiceError(str(wrong), 422, wrong.problem) from None
    return {**values, "from_page": True}


def _refused(error: ServiceError) -> web.Response:
    """The service's own words; that it wants another token than ours is nothing for a visitor."""
    if error.status == 401:
        return _json({"error": "the ingress service has another admin token"}, status=503)
    return _json({"error": str(error), **error.problem}, status=error.status)


def _json(values: dict[str, object], status: int = 200) -> web.Response:
    return web.json_response(values, status=status, headers=_NO_STORE)
