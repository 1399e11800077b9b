"""LiveKit ingresses over the service's API: pushes and URLs that the LiveKit service takes."""

from __future__ import annotations

from aiohttp import web

from config.settings import Settings
from config.source_spec import SpecError
from ingress import livekit_ingress
from ingress.ingress_commands import free_name
from ingress.livekit_ingress import IngressServiceError, Kind

_STATUS = {"not_found": 404, "taken": 409, "wrong": 422, "no_service": 503, "no_server": 503}
_KINDS: dict[object, Kind] = {"rtmp": "rtmp", "whip": "whip", "url": "url"}
_FIELDS = ("kind", "room", "name", "url")


async def listed(settings: Settings) -> web.Response:
    """All of them, `{"ingresses": […]}`."""
    try:
        found = await livekit_ingress.list_all(settings)
    except IngressServiceError as error:
        raise _refused(error) from None
    return web.json_response({"ingresses": [one.json() for one in found]})


async def created(settings: Settings, values: dict[str, object]) -> web.Response:
    """Makes one from kind, room, name and url. Raises SpecError, AddressError."""
    kind = _KINDS.get(values.get("kind"))
    if kind is None:
        raise SpecError("rtmp, whip or url", "kind")
    texts = [values.get(name) or "" for name in _FIELDS[1:]]
    if not all(isinstance(text, str) for text in texts) or not values.keys() <= set(_FIELDS):
        raise SpecError("an ingress has kind, room, name and url, each a text")
    room, name, url = (str(text) for text in texts)
    room = room or settings.room
    try:
        name = name or await free_name(settings, kind, room, url)
        made = await livekit_ingress.create(settings, kind, room=room, name=name, url=url)
    except IngressServiceError as error:
        raise _refused(error) from None
    return web.json_response(made.json(), status=201)


async def deleted(settings: Settings, id_or_name: str) -> web.Response:
    """Deletes one."""
    try:
        gone = await livekit_ingress.delete(settings, id_or_name)
    except IngressServiceError as error:
        raise _refused(error) from None
    return web.json_response({"removed": gone.id})


def _refused(error: IngressServiceError) -> web.HTTPException:
    status = _STATUS.get(error.kind, 502)
    refused = web.HTTPBadGateway(text=str(error))
    refused.set_status(status)
    return refused
