"""A published track of encoded pictures that stays while its source comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable

from livekit import rtc
from livekit.rtc.participant import UnpublishTrackError

from ingress.reader.messages import Order, Unit

log = logging.getLogger("pressbox.ingress")

LATE = 1.0
"""Seconds from reading to here after which pictures are left out up to the next keyframe."""

SPACING = 0.004
"""Seconds between two pictures that are handed over. WebRTC loses what comes while it is at the one
before: of fifteen at once two or five arrive, and then the next keyframe is waited for.
"""

HELD = 16 * 1024 * 1024
"""Bytes of pictures that wait at most: for that, for their sound, or for the track to be published.
"""

BACKLOG = 0.3
"""Seconds; when a keyframe comes, older pictures that still wait are left out."""

REPEAT, REPEATS, STILL = 0.4, 8, 2.0
"""Seconds after which a keyframe that nothing followed yet is shown again, so often, since WebRTC
loses what it gets first; and then, since it tells of a viewer who asks for one with the next only.
"""

PUBLISH_TIMEOUT = 10.0
PUBLISH_AGAIN = 2.0
"""Seconds until a track that could not be published is tried again."""

STATS_TIMEOUT = 2.0

MAX_BITRATE = 20_000_000
"""Bits a second that WebRTC may let through. A camera sends what it sends: a lower limit would make
WebRTC's pacer hold its pictures back."""

LEAST_BITRATE = 150_000
"""Bits a second that an encoder is asked for at least."""


class PictureTrack:
    """`show` takes pictures at any time; while there is no room or no track they are dropped.

    bitrate: what an encoder is asked for at most, in bits a second; stuck: called with a line that
    says so when the room must be left and joined again.
    """

    def __init__(
        self,
        name: str,
        source: rtc.TrackSource.ValueType,
        *,
        bitrate: int,
        stuck: Callable[[str], None],
    ) -> None:
        self._name = name
        self._stuck = stuck
        self._kind = source
        self._ceiling = self._target = bitrate
        self._room: rtc.Room | None = None
        self._source: rtc.EncodedVideoSource | None = None
        self._publication: rtc.LocalTrackPublication | None = None
        self._work: asyncio.Task[None] | None = None
        self._old: set[asyncio.Task[None]] = set()
        self._queue: deque[Unit] = deque()
        self._queued_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._hold = self._last_sent = 0.0
        self._last: Unit | None = None
        self._repeats = 0
        self._not_before = 0.0
        self._skipping = False
        self._key_wanted = False
        self._last_stamp = 0
        self._track: rtc.LocalVideoTrack | None = None
        self.live = True
        """Whether the source is: what is gone is not shown again."""
        self.handed_over = 0
        """Pictures that WebRTC has taken."""
        self.skipped = 0
        """Pictures left out because they came too late."""

    def entered(self, room: rtc.Room) -> None:
        """From now on there is a room; the track appears with the next keyframe."""
        self._room, self._not_before, self._key_wanted = room, 0.0, True
        room.on("local_track_republished", self._republished)

    def left(self) -> None:
        """The room is gone, and the track with it."""
        if self._room:
            self._room.off("local_track_republished", self._republished)
        self._room = None
        self._drop_track()

    def show(self, unit: Unit, *, hold: float = 0.0) -> None:
        """Send a picture; hold: so many seconds after its time, 0 for now."""
        if self._room is None or self._too_late(unit):
            return
        if self._timer and hold < self._hold:
            self._timer.cancel()
            self._timer = None
        self._hold, queue = hold, self._queue
        if queue and unit.key and unit.arrived - queue[0].arrived > BACKLOG + hold:
            self.skipped += len(queue)
            self._forget_queue()
        elif self._queued_bytes > HELD:
            self._skip()
            return
        queue.append(unit)
        self._queued_bytes += len(unit.data)
        if self._timer is None:
            self._hand_over()

    def wishes(self) -> Order:
        """What is wanted of the encoder. Its bitrate is that of now, however often it is said: what
        the encoder runs at is known to who reads.
        """
        key, self._key_wanted = self._key_wanted, False
        if self._source is None:
            return Order(key=key)
        feedback = self._source.take_feedback()
        control = feedback.rate_control
        if control and control.target_bitrate_bps > 0:
            self._target = control.target_bitrate_bps
        self._repeat(time.monotonic())
        bitrate = max(min(self._target, self._ceiling), LEAST_BITRATE)
        return Order(key or feedback.keyframe_requested, bitrate)

    async def sent(self) -> int | None:
        """RTP packets that have left so far; None while there is no track that could say so."""
        if self._source is None or self._track is None:
            return None
        try:
            stats = await asyncio.wait_for(self._track.get_stats(), STATS_TIMEOUT)
        except Exception as error:  # LiveKit raises a bare one when there are none
            log.debug("no statistics of %s: %s", self._name, error)
            return None
        return sum(one.outbound_rtp.sent.packets_sent for one in stats)

    async def aclose(self) -> None:
        """Let go of the track. Idempotent."""
        self.left()
        if self._old:
            await asyncio.wait(self._old)

    def _too_late(self, unit: Unit) -> bool:
        late = time.monotonic() - unit.arrived > LATE
        if late and not self._skipping:
            self._skip()
        elif self._skipping and unit.key and not late:
            self._skipping = False
        self.skipped += self._skipping
        return self._skipping

    def _skip(self) -> None:
        """Leaves out everything up to the next keyframe: it builds on what is left out."""
        self._skipping = self._key_wanted = True
        self.skipped += len(self._queue)
        self._forget_queue()

    def _hand_over(self) -> None:
        """Sends what waits, one by one; opens a track where there is none for it."""
        self._timer = None
        queue = self._queue
        while queue and not self._work:
            unit, now = queue[0], time.monotonic()
            due = unit.time + self._hold if self._hold else 0.0
            if self._source is None:
                if unit.key and now >= self._not_before:
                    name = f"relay.{self._name}"
                    self._work = asyncio.create_task(self._publish(unit), name=name)
                    return
            elif (wait := max(self._last_sent + SPACING, due) - now) > 0:
                self._timer = asyncio.get_running_loop().call_later(wait, self._hand_over)
                return
            else:
                self._last_sent = now
                if not self._send(self._source, unit, unit.time + self._hold):
                    self._skip()
                    return
                self._last = unit if unit.key else None
                self.handed_over += 1
            queue.popleft()
            self._queued_bytes -= len(unit.data)

    def _repeat(self, now: float) -> None:
        after = REPEAT if self._repeats < REPEATS else STILL
        if self._last and self._source and self.live and now - self._last_sent > after:
            self._repeats += 1
            self._last_sent = now
            self._send(self._source, self._last, now)

    def _send(self, source: rtc.EncodedVideoSource, unit: Unit, shown: float) -> bool:
        self._last_stamp = max(round(shown * 1_000_000), self._last_stamp + 1000)
        return source.capture_frame(
            rtc.EncodedVideoFrame(
                data=unit.data,
                width=unit.width,
                height=unit.height,
                codec=rtc.VideoCodec.H264,
                frame_type=rtc.EncodedFrameType.ENCODED_FRAME_KEY
                if unit.key
                else rtc.EncodedFrameType.ENCODED_FRAME_DELTA,
                timestamp_us=self._last_stamp,
            )
        )

    async def _publish(self, first: Unit) -> None:
        """The task that opens a track for this picture and those behind it."""
        try:
            if self._room:
                self._publication, self._source = await self._open(self._room, first)
                self._target = self._ceiling  # what another track wished for says nothing here
                self._last, self._repeats = None, 0
        except TimeoutError:
            # It may still appear, and nobody would own it: only leaving the room takes it away.
            self._stuck(f"the track {self._name} is not taken in time")
        except Exception as error:  # besides its own, LiveKit raises bare ones
            why = str(error) or type(error).__name__
            log.warning("the track %s cannot be published, trying again: %s", self._name, why)
            self._not_before = time.monotonic() + PUBLISH_AGAIN
            self._forget_queue()
        self._work = None
        self._hand_over()

    async def _open(
        self, room: rtc.Room, first: Unit
    ) -> tuple[rtc.LocalTrackPublication, rtc.EncodedVideoSource]:
        source = rtc.EncodedVideoSource(first.width, first.height)
        try:
            track = self._track = rtc.LocalVideoTrack.create_video_track(self._name, source)
            options = rtc.TrackPublishOptions(
                source=self._kind,
                video_codec=rtc.VideoCodec.H264,
                video_encoder=rtc.VideoEncoderBackend.ENCODER_BACKEND_PRE_ENCODED,
                video_encoding=rtc.VideoEncoding(max_bitrate=MAX_BITRATE, max_framerate=60),
                simulcast=False,
            )
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                return await room.local_participant.publish_track(track, options), source
        except BaseException:
            await source.aclose()
            raise

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
        """Take the track back; the next keyframe opens a new one."""
        work, self._work = self._work, None
        source, self._source = self._source, None
        publication, self._publication = self._publication, None
        self._track = None
        self._forget_queue()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if work is None and source is None:
            return
        if work:
            work.cancel()
        room = self._room

        async def clear() -> None:
            if work:
                await asyncio.gather(work, return_exceptions=True)
            if room and publication and room.isconnected():
                with contextlib.suppress(UnpublishTrackError, TimeoutError):
                    unpublish = room.local_participant.unpublish_track(publication.sid)
                    await asyncio.wait_for(unpublish, timeout=5)
            if source:
                await source.aclose()

        task = asyncio.create_task(clear(), name=f"relay.drop {self._name}")
        self._old.add(task)
        task.add_done_callback(self._old.discard)

    def _forget_queue(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0
