"""`/api/sources`: the page's view of the ingress service, which itself is on loopback only.

Everybody may look; adding and removing needs the admin token.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import time

from aiohttp import web

from config.admin_token import AdminTokenError, admin_token
from config.settings import Settings
from ingress.api_client import Client, ServiceError
from ingress.report import SourceReport
from web.attempts import Attempts

_FIELDS = ("url", "name", "room", "mode", "transport", "sound", "loop", "start", "model_url")
"""What may be said of a source from the page."""

_SHOWN = (
    *("name", "room", "state", "reason", "error", "codec", "sound", "width", "height", "fps"),
    *("bitrate", "way", "since", "reconnects", "frozen"),
)
_NO_STORE = {"Cache-Control": "no-store"}


class SourcesApi:
    """The handlers, bound to one set of settings; `aclose` when the server ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._attempts = Attempts()
        self._client: Client | None = None
        self._token = ""
        self._opening = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """What they answer to."""
        return [
            web.get("/api/sources", self._list),
            web.post("/api/sources", self._add),
            web.delete("/api/sources/{name}", self._remove),
        ]

    async def aclose(self) -> None:
        """Lets go of the connection to the service. Safe to call again."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _list(self, _: web.Request) -> web.Response:
        try:
            reports = await (await self._service()).sources()
        except ServiceError as error:
            return _refused(error)
        return _json({"sources": [_shown(report) for report in reports]})

    async def _add(self, request: web.Request) -> web.Response:
        service = await self._service()
        self._check_token(request)
        values = await _object(request)
        unknown = values.keys() - set(_FIELDS)
        if unknown:
            raise web.HTTPUnprocessableEntity(text=f"a source has {', '.join(_FIELDS)} here")
        try:
            report = await service.add({**values, "from_page": True})
        except ServiceError as error:
            return _refused(error)
        return _json(_shown(report), status=201)

    async def _remove(self, request: web.Request) -> web.Response:
        service = await self._service()
        self._check_token(request)
        name = request.match_info["name"]
        try:
            await service.remove(name, request.query.get("room", ""))
        except ServiceError as error:
            return _refused(error)
        return _json({"removed": name})

    async def _service(self) -> Client:
        """The connection, opened when it is first wanted: by then the service has its token."""
        async with self._opening:
            if self._client is None:
                try:
                    self._token = await asyncio.to_thread(admin_token, self._settings)
                except AdminTokenError as error:
                    raise web.HTTPServiceUnavailable(text=str(error)) from None
                self._client = Client(self._settings.ingress_port, self._token)
                await self._client.open()
            return self._client

    def _check_token(self, request: web.Request) -> None:
        """Raises 401, or 429 where an address has tried too often, with the right token too."""
        address, now = request.remote or "", time.monotonic()
        wait = self._attempts.wait(address, now)
        if wait > 0:
            seconds = math.ceil(wait)
            raise web.HTTPTooManyRequests(
                text=f"too many wrong tokens: try again in {seconds} s",
                headers={"Retry-After": str(seconds)},
            )
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(errors="replace"), self._token.encode())
        if scheme.lower() == "bearer" and right:
            return
        self._attempts.wrong(address, now)
        raise web.HTTPUnauthorized(
            text="the admin token is missing or wrong", headers={"WWW-Authenticate": "Bearer"}
        )


def _shown(report: SourceReport) -> dict[str, object]:
    """What everybody may see: of the address the host only, since a path may be a secret too."""
    values = report.json()
    scheme, slashes, rest = report.url.partition("://")
    url = f"{scheme}://{rest.partition('/')[0]}" if slashes else report.url
    return {**{name: values[name] for name in _SHOWN}, "url": url}


def _refused(error: ServiceError) -> web.Response:
    """The service's own words; that it wants another token than ours is nothing for a visitor."""
    if error.status == 401:
        return _json({"error": "the ingress service has another admin token"}, status=503)
    return _json({"error": str(error)}, status=error.status)


def _json(values: dict[str, object], status: int = 200) -> web.Response:
    return web.json_response(values, status=status, headers=_NO_STORE)


async def _object(request: web.Request) -> dict[str, object]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="the body is not JSON") from None
    if not isinstance(body, dict):
        raise web.HTTPUnprocessableEntity(text="the body must be a JSON object")
    return body
