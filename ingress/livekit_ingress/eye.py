"""A hidden viewer that looks for a moment whether pictures really come out of the service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta

from livekit import api, rtc

from config.settings import Settings

log = logging.getLogger("pressbox.ingress")

JOIN = 5.0
"""Seconds that joining may take."""

WAIT = 6.0
"""Seconds in which two pictures have to come; the first one needs a keyframe."""

PICTURES = 2
_LIFE = timedelta(minutes=1)


async def moving(settings: Settings, room: str, identity: str) -> bool | None:
    """Whether pictures of this participant come; None where that could not be seen.

    It joins, takes two pictures and leaves, so it costs nothing worth naming between two looks.
    """
    viewer = rtc.Room()
    token = _token(settings, room, identity)
    try:
        options = rtc.RoomOptions(auto_subscribe=False)
        await asyncio.wait_for(viewer.connect(settings.livekit_url, token, options), JOIN)
        return await _seen(viewer, identity)
    except (rtc.ConnectError, TimeoutError) as error:
        log.debug("no look into %s (%s)", room, type(error).__name__)
        return None
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.shield(asyncio.wait_for(viewer.disconnect(), JOIN))


async def _seen(viewer: rtc.Room, identity: str) -> bool | None:
    arrived: asyncio.Queue[rtc.Track] = asyncio.Queue(4)

    def subscribed(track: rtc.Track, *_: object) -> None:
        if not arrived.full():
            arrived.put_nowait(track)

    viewer.on("track_subscribed", subscribed)
    there = viewer.remote_participants.get(identity)
    tracks = there.track_publications.values() if there else ()
    found = [one for one in tracks if one.kind == rtc.TrackKind.KIND_VIDEO and not one.muted]
    if not found:
        return None
    found[0].set_subscribed(True)
    try:
        async with asyncio.timeout(WAIT):
            return await _pictures(await arrived.get())
    except TimeoutError:
        return False


async def _pictures(track: rtc.Track) -> bool:
    """Whether enough of them come before the track is gone."""
    stream = rtc.VideoStream(track, capacity=1)
    try:
        count = 0
        async for _ in stream:
            count += 1
            if count >= PICTURES:
                return True
        return False
    finally:
        await asyncio.shield(stream.aclose())


def _token(settings: Settings, room: str, identity: str) -> str:
    grants = api.VideoGrants(
        room_join=True, room=room, hidden=True, can_publish=False, can_subscribe=True
    )
    secret = settings.livekit_api_secret.get_secret_value()
    token = api.AccessToken(settings.livekit_api_key, secret)
    name = f"pressbox-eye-{identity}"
    return token.with_identity(name).with_grants(grants).with_ttl(_LIFE).to_jwt()
