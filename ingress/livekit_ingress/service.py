"""Ingresses made, listed and deleted through the LiveKit server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from livekit import api

from config.settings import Settings
from config.source_spec import NAME
from ingress.livekit_ingress.errors import ERRORS, IngressServiceError, translated
from ingress.livekit_ingress.records import Created, Ingress, Kind, record, request

_CALL = aiohttp.ClientTimeout(total=15.0)
"""A URL is only taken when the service has looked at it, which may take some seconds."""


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[api.LiveKitAPI]:
    """The server's API. What a call raises comes out as IngressServiceError."""
    secret = settings.livekit_api_secret.get_secret_value()
    if not settings.livekit_api_key or not secret:
        raise IngressServiceError("wrong", "LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not set")
    lkapi = api.LiveKitAPI(settings.livekit_url, settings.livekit_api_key, secret, timeout=_CALL)
    try:
        yield lkapi
    except ERRORS as error:
        raise translated(error) from None
    finally:
        await lkapi.aclose()


async def create(settings: Settings, kind: Kind, *, room: str, name: str) -> Created:
    """Makes an ingress for pushes of this name, which is also the identity in the room.

    Raises IngressServiceError, also where there is one of that name in the room.
    """
    if not re.fullmatch(NAME, name):
        raise IngressServiceError("wrong", "name: letters, digits, dots, - and _, up to 64 of them")
    wanted = request(kind, room=room, name=name, identity=name)
    async with connected(settings) as lkapi:
        for other in await _listed(lkapi, room):
            if other.identity == name:
                raise IngressServiceError(
                    "taken", f"there is an ingress {name} in room {room} already: {other.id}"
                )
        info = await lkapi.ingress.create_ingress(wanted)
    return Created(record(info), info.url, info.stream_key)


async def list_all(settings: Settings, *, room: str = "") -> list[Ingress]:
    """All ingresses, or those of one room. Raises IngressServiceError."""
    async with connected(settings) as lkapi:
        return await _listed(lkapi, room)


async def delete(settings: Settings, id_or_name: str) -> Ingress:
    """Ends and forgets an ingress. Raises IngressServiceError."""
    async with connected(settings) as lkapi:
        every = await _listed(lkapi, "")
        found = [one for one in every if one.id == id_or_name]
        found = found or [one for one in every if id_or_name in (one.name, one.identity)]
        if not found:
            raise IngressServiceError("not_found", f"there is no ingress {id_or_name}")
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise IngressServiceError("wrong", f"{id_or_name} may be any of {ids}: name one")
        await lkapi.ingress.delete_ingress(api.DeleteIngressRequest(ingress_id=found[0].id))
        return found[0]


async def _listed(lkapi: api.LiveKitAPI, room: str) -> list[Ingress]:
    answer = await lkapi.ingress.list_ingress(api.ListIngressRequest(room_name=room))
    return sorted(map(record, answer.items), key=lambda one: (one.room, one.name, one.id))
