"""A published track of sound: all that commentary and original sound ask of LiveKit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from livekit import rtc

log = logging.getLogger("pressbox.voice")

PUBLISH_TIMEOUT = 10.0
WITHDRAW_TIMEOUT = 5.0
TAKE_TIMEOUT = 2.0
"""Seconds within which LiveKit must take a piece of sound."""

Name = Literal["commentary", "original"]

_SOURCES = {
    "commentary": rtc.TrackSource.SOURCE_MICROPHONE,
    "original": rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO,
}


class SoundTrack(Protocol):
    """Plays mono int16 as soon as it can.

    sid: what captions name it by; queued: seconds of sound that are not played yet. `take` waits
    until the queue has place for it, and raises what it likes where it is refused; `clear` falls
    silent now.
    """

    @property
    def sid(self) -> str: ...
    @property
    def queued(self) -> float: ...
    async def take(self, pcm: bytes) -> None: ...
    def clear(self) -> None: ...
    async def aclose(self) -> None: ...


PublishSound = Callable[[Name, int, int], Awaitable[SoundTrack]]
"""Opens a track: its name, samples a second, ms of queue. Raises what it likes."""


class PublishedSound:
    """A `SoundTrack` in a LiveKit room; made by `publish`."""

    def __init__(
        self,
        room: rtc.Room,
        rate: int,
        source: rtc.AudioSource,
        track: rtc.LocalAudioTrack,
    ) -> None:
        self._room = room
        self._rate = rate
        self._source = source
        self._track = track

    @classmethod
    async def publish(cls, room: rtc.Room, name: Name, rate: int, queue_ms: int) -> PublishedSound:
        """Raises TimeoutError or what LiveKit raises."""
        source = rtc.AudioSource(rate, 1, queue_size_ms=queue_ms)
        try:
            track = rtc.LocalAudioTrack.create_audio_track(name, source)
            options = rtc.TrackPublishOptions(source=_SOURCES[name])
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                await room.local_participant.publish_track(track, options)
        except BaseException:
            await source.aclose()
            raise
        return cls(room, rate, source, track)

    @property
    def sid(self) -> str:
        """The track's."""
        return self._track.sid

    @property
    def queued(self) -> float:
        """As LiveKit counts it."""
        return self._source.queued_duration

    async def take(self, pcm: bytes) -> None:
        """Raises TimeoutError, or a bare exception of LiveKit's, as around an interruption."""
        frame = rtc.AudioFrame(pcm, self._rate, 1, len(pcm) // 2)
        async with asyncio.timeout(TAKE_TIMEOUT):
            await self._source.capture_frame(frame)

    def clear(self) -> None:
        """What is queued is not heard any more."""
        self._source.clear_queue()

    async def aclose(self) -> None:
        """Take it out of the room, if there still is one."""
        try:
            if self._room.isconnected():
                async with asyncio.timeout(WITHDRAW_TIMEOUT):
                    await self._room.local_participant.unpublish_track(self._track.sid)
        except Exception as error:  # besides its own, LiveKit raises bare ones
            log.debug("a track of sound could not be taken back: %r", error)
        finally:
            await self._source.aclose()
