"""A published track of encoded pictures that stays while its source comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque

from livekit import rtc
from livekit.rtc.participant import PublishTrackError, UnpublishTrackError

from ingress.reader.messages import Codec, Order, Unit

log = logging.getLogger("pressbox.ingress")

LATE = 1.0
"""Seconds from reading to here after which pictures are left out up to the next key frame."""

HELD = 4 * 1024 * 1024
"""Bytes of pictures that wait while the track is being published."""

PUBLISH_TIMEOUT = 10.0
PUBLISH_AGAIN = 2.0
"""Seconds until a track that could not be published is tried again."""

MAX_BITRATE = 20_000_000
"""Bits a second that WebRTC may let through. A camera sends what it sends: a lower limit would make
WebRTC's pacer hold its pictures back."""

MIN_BITRATE = 150_000
RATE_STEP = 0.25
"""A wish for another bitrate counts from a quarter on: each costs a key frame."""

_CODEC = {
    "h264": rtc.VideoCodec.H264,
    "vp8": rtc.VideoCodec.VP8,
    "vp9": rtc.VideoCodec.VP9,
    "av1": rtc.VideoCodec.AV1,
}


class PictureTrack:
    """`show` takes pictures at any time; while there is no room or no track they are dropped.

    bitrate: what an encoder is asked for at most, in bits a second.
    """

    def __init__(self, name: str, source: rtc.TrackSource.ValueType, *, bitrate: int) -> None:
        self._name = name
        self._kind = source
        self._ceiling = bitrate
        self._room: rtc.Room | None = None
        self._source: rtc.EncodedVideoSource | None = None
        self._publication: rtc.LocalTrackPublication | None = None
        self._codec: Codec = "h264"
        self._work: asyncio.Task[None] | None = None
        self._old: set[asyncio.Task[None]] = set()
        self._held: deque[Unit] = deque()
        self._held_bytes = 0
        self._not_before = 0.0
        self._skipping = False
        self._key_wanted = False
        self._last_stamp = 0
        self._asked_bitrate = 0
        self.skipped = 0
        """Pictures left out because they came too late."""

    def entered(self, room: rtc.Room) -> None:
        """From now on there is a room; the track appears with the next key frame."""
        self._room = room
        self._not_before = 0.0
        self._key_wanted = True
        room.on("local_track_republished", self._republished)

    def left(self) -> None:
        """The room is gone, and the track with it."""
        if self._room:
            self._room.off("local_track_republished", self._republished)
        self._room = None
        self._drop_track()

    def show(self, unit: Unit) -> None:
        """Send a picture now."""
        if self._too_late(unit) or self._room is None:
            return
        if self._work:
            self._hold(unit)
        elif self._source and unit.codec == self._codec:
            self._send(self._source, unit)
        elif unit.key and time.monotonic() >= self._not_before:
            self._hold(unit)
            self._work = asyncio.create_task(self._publish(unit), name=f"relay.{self._name}")

    def wishes(self) -> Order:
        """What WebRTC and we want of the encoder."""
        key, self._key_wanted = self._key_wanted, False
        if self._source is None:
            return Order(key=key)
        feedback = self._source.take_feedback()
        return Order(key or feedback.keyframe_requested, self._bitrate(feedback.rate_control))

    async def aclose(self) -> None:
        """Let go of the track. Idempotent."""
        self.left()
        if self._old:
            await asyncio.wait(self._old)

    def _too_late(self, unit: Unit) -> bool:
        late = time.monotonic() - unit.arrived > LATE
        if late and not self._skipping:
            self._skipping = True
            self._key_wanted = True
        elif self._skipping and unit.key and not late:
            self._skipping = False
        self.skipped += self._skipping
        return self._skipping

    def _hold(self, unit: Unit) -> None:
        """Keeps what comes while the track is being published, from the newest key frame on."""
        if self._held_bytes + len(unit.data) > HELD:
            self._held.clear()
            self._held_bytes = 0
        if self._held or unit.key:
            self._held.append(unit)
            self._held_bytes += len(unit.data)

    def _send(self, source: rtc.EncodedVideoSource, unit: Unit) -> None:
        self._last_stamp = max(round(unit.time * 1_000_000), self._last_stamp + 1000)
        taken = source.capture_frame(
            rtc.EncodedVideoFrame(
                data=unit.data,
                width=unit.width,
                height=unit.height,
                codec=_CODEC[unit.codec],
                frame_type=rtc.EncodedFrameType.ENCODED_FRAME_KEY
                if unit.key
                else rtc.EncodedFrameType.ENCODED_FRAME_DELTA,
                timestamp_us=self._last_stamp,
            )
        )
        if not taken:
            # What builds on this picture would be garbage to whoever sees it.
            self._skipping = self._key_wanted = True

    async def _publish(self, first: Unit) -> None:
        room = self._room
        await self._withdraw(room, self._publication, self._source)
        self._source = self._publication = None
        if room is None:
            return
        source = rtc.EncodedVideoSource(first.width, first.height)
        try:
            track = rtc.LocalVideoTrack.create_video_track(self._name, source)
            options = self._options(first.codec)
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                publication = await room.local_participant.publish_track(track, options)
        except (TimeoutError, PublishTrackError) as error:
            why = str(error) or "no answer in time"
            log.warning("the track %s cannot be published, trying again: %s", self._name, why)
            await source.aclose()
            self._not_before = time.monotonic() + PUBLISH_AGAIN
            self._forget_held()
            self._work = None
            return
        except asyncio.CancelledError:
            await source.aclose()
            raise
        self._publication, self._source, self._codec = publication, source, first.codec
        self._work = None
        self._asked_bitrate = 0
        for unit in self._held:
            self._send(source, unit)
        self._forget_held()

    def _options(self, codec: Codec) -> rtc.TrackPublishOptions:
        return rtc.TrackPublishOptions(
            source=self._kind,
            video_codec=_CODEC[codec],
            video_encoder=rtc.VideoEncoderBackend.ENCODER_BACKEND_PRE_ENCODED,
            video_encoding=rtc.VideoEncoding(max_bitrate=MAX_BITRATE, max_framerate=60),
            simulcast=False,
        )

    def _republished(self, publication: rtc.LocalTrackPublication, _: str) -> None:
        """LiveKit has brought the track back into a restarted server's room.

        In one of four tries on a busy machine a track of encoded frames was then dead: subscribed
        to, and no frame came. A new one always lives.
        """
        if publication.name == self._name:
            self._publication = publication
            self._drop_track()
            self._key_wanted = True

    def _drop_track(self) -> None:
        """Take the track back; the next key frame opens a new one."""
        work, self._work = self._work, None
        source, self._source = self._source, None
        publication, self._publication = self._publication, None
        self._forget_held()
        if work is None and source is None:
            return
        if work:
            work.cancel()
        task = asyncio.create_task(
            self._clear(work, self._room, publication, source), name=f"relay.drop {self._name}"
        )
        self._old.add(task)
        task.add_done_callback(self._old.discard)

    async def _clear(
        self,
        work: asyncio.Task[None] | None,
        room: rtc.Room | None,
        publication: rtc.LocalTrackPublication | None,
        source: rtc.EncodedVideoSource | None,
    ) -> None:
        if work:
            await asyncio.gather(work, return_exceptions=True)
        await self._withdraw(room, publication, source)

    async def _withdraw(
        self,
        room: rtc.Room | None,
        publication: rtc.LocalTrackPublication | None,
        source: rtc.EncodedVideoSource | None,
    ) -> None:
        if room and publication and room.isconnected():
            with contextlib.suppress(UnpublishTrackError, TimeoutError):
                unpublish = room.local_participant.unpublish_track(publication.sid)
                await asyncio.wait_for(unpublish, timeout=5)
        if source:
            await source.aclose()

    def _forget_held(self) -> None:
        self._held.clear()
        self._held_bytes = 0

    def _bitrate(self, control: rtc.EncodedRateControl | None) -> int:
        """The bitrate that is newly wished for; 0 for as it is."""
        if control is None or control.target_bitrate_bps <= 0:
            return 0
        wanted = max(min(control.target_bitrate_bps, self._ceiling), MIN_BITRATE)
        asked = self._asked_bitrate or self._ceiling
        if abs(wanted - asked) <= RATE_STEP * asked:
            return 0
        self._asked_bitrate = wanted
        return wanted
