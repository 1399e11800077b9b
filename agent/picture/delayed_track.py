"""The track `delayed`: encodes each picture once, holds the packets for the delay, then publishes
them as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor

import av
from livekit import rtc
from livekit.rtc.participant import PublishTrackError, UnpublishTrackError

from agent.clock.display_clock import DisplayClock
from agent.clock.unix_clock import UnixClock
from agent.clock.waiting import LOOK_AGAIN
from agent.picture.hold import Hold, Packet
from agent.picture.picture import Picture
from video.encoder import Codec, VideoEncoder

log = logging.getLogger("pressbox.hold")

NAME = "delayed"

PENDING = 8
"""Pictures that may wait for the encoder; beyond that new ones are left out, since none has been
encoded yet.
"""

SPACING = 0.004
"""Seconds between two packets. What comes while WebRTC is still at the packet before is lost, and
with it all up to the next key frame: of 15 handed over at once 2 arrived, of 15 that were 2 ms
apart all.
"""

FEEDBACK_INTERVAL = 1.0
"""Seconds between looks at the bitrate that WebRTC wishes for."""

MIN_BITRATE = 150_000
REOPEN_RATIO = 0.25
"""The bitrate follows only changes of a quarter or more: each costs a key frame."""

_CODEC = {"h264": rtc.VideoCodec.H264, "vp8": rtc.VideoCodec.VP8}


class DelayedTrack:
    """Owns the encoder's thread, the hold and the published track of one booth."""

    def __init__(
        self, room: rtc.Room, clock: DisplayClock, unix: UnixClock, *, codec: Codec, bitrate: int
    ) -> None:
        self._room = room
        self._clock = clock
        self._unix = unix
        self._codec: Codec = codec
        self._ceiling = bitrate
        self._encoder = VideoEncoder(codec, bitrate)
        self._next_id = 0
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._pictures: asyncio.Queue[Picture] = asyncio.Queue(PENDING)
        self._hold = Hold()
        self._arrived = asyncio.Event()
        self._source: rtc.EncodedVideoSource | None = None
        self._publication: rtc.LocalTrackPublication | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.left_out = 0
        """Pictures that were not encoded because the encoder had not kept up."""

    @property
    def hold(self) -> Hold:
        """The packets that wait."""
        return self._hold

    def start(self) -> None:
        """Begin to encode and to publish; the track appears with the first picture."""
        self._room.on("local_track_republished", self._republished)
        self._tasks = [
            asyncio.create_task(self._encode(), name="hold.encode"),
            asyncio.create_task(self._release(), name="hold.release"),
            asyncio.create_task(self._follow_bitrate(), name="hold.bitrate"),
        ]

    def push(self, picture: Picture) -> None:
        """Take one picture; never waits."""
        try:
            self._pictures.put_nowait(picture)
        except asyncio.QueueFull:
            self.left_out += 1

    def skip_to_display(self) -> None:
        """After the delay was cut short at a stroke: go on from the newest key frame that is
        due.
        """
        self._hold.skip_to(self._clock.displayed(time.monotonic()))

    def set_bitrate(self, bitrate: int) -> None:
        """Change the highest bitrate, in bits per second."""
        self._ceiling = bitrate
        self._encoder.set_bitrate(bitrate)

    def _republished(self, publication: rtc.LocalTrackPublication, _: str) -> None:
        """LiveKit has brought the track back into a restarted server's room.

        In one of four tries on a busy machine a track of encoded frames was then dead: subscribed
        to, and no frame came. A new one always lives.
        """
        if publication.name == NAME and self._tasks:
            self._tasks.append(asyncio.create_task(self._withdraw(), name="hold.withdraw"))

    async def _withdraw(self) -> None:
        """Take the track back; the next key frame that is due opens a new one."""
        publication, self._publication = self._publication, None
        source, self._source = self._source, None
        if publication and self._room.isconnected():
            with contextlib.suppress(UnpublishTrackError, TimeoutError):
                unpublish = self._room.local_participant.unpublish_track(publication.sid)
                await asyncio.wait_for(unpublish, timeout=5)
        if source:
            await source.aclose()

    async def aclose(self) -> None:
        """Stop, withdraw the track, end the encoder's thread. Idempotent."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._executor.shutdown(wait=True, cancel_futures=True)
        await self._withdraw()

    async def _encode(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            picture = await self._pictures.get()
            try:
                packets = await loop.run_in_executor(self._executor, self._packets, picture)
            except av.FFmpegError as error:
                log.warning(
                    "a %dx%d picture could not be encoded: %s", picture.width, picture.height, error
                )
                continue
            for packet in packets:
                self._hold.push(packet)
            self._arrived.set()

    def _packets(self, picture: Picture) -> list[Packet]:
        """Runs in the encoder's thread."""
        packets = []
        for encoded in self._encoder.encode(picture.i420, picture.capture):
            self._next_id = (self._next_id + 1) & 0xFFFFFFFF
            size = (encoded.width, encoded.height)
            packets.append(Packet(encoded.data, encoded.key, *size, encoded.time, self._next_id))
        return packets

    async def _release(self) -> None:
        while True:
            capture = self._hold.next_capture()
            if capture is None:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            now = time.monotonic()
            wait = self._clock.display_time(capture) - now
            if wait > 0.0005:
                # The delay may move while this sleeps: look again in a while.
                await asyncio.sleep(min(wait, LOOK_AGAIN))
                continue
            for packet in self._hold.pop_due(self._clock.displayed(now) + 0.0005):
                await self._publish(packet)
                await asyncio.sleep(SPACING)

    async def _publish(self, packet: Packet) -> None:
        source = self._source or await self._open(packet)
        if source is None:
            return
        source.capture_frame(
            rtc.EncodedVideoFrame(
                data=packet.data,
                width=packet.width,
                height=packet.height,
                codec=_CODEC[self._codec],
                frame_type=rtc.EncodedFrameType.ENCODED_FRAME_KEY
                if packet.key
                else rtc.EncodedFrameType.ENCODED_FRAME_DELTA,
                timestamp_us=round(self._clock.display_time(packet.capture) * 1_000_000),
                metadata=rtc.FrameMetadata(
                    user_timestamp=self._unix.microseconds(packet.capture), frame_id=packet.frame_id
                ),
            )
        )

    async def _open(self, packet: Packet) -> rtc.EncodedVideoSource | None:
        if not packet.key or not self._room.isconnected():
            return None
        source = rtc.EncodedVideoSource(packet.width, packet.height)
        track = rtc.LocalVideoTrack.create_video_track(NAME, source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            video_codec=_CODEC[self._codec],
            video_encoder=rtc.VideoEncoderBackend.ENCODER_BACKEND_PRE_ENCODED,
            video_encoding=rtc.VideoEncoding(max_bitrate=self._ceiling, max_framerate=60),
            simulcast=False,
            frame_metadata_features=[
                rtc.FrameMetadataFeature.FMF_USER_TIMESTAMP,
                rtc.FrameMetadataFeature.FMF_FRAME_ID,
            ],
        )
        try:
            self._publication = await asyncio.wait_for(
                self._room.local_participant.publish_track(track, options), timeout=10
            )
        except (TimeoutError, PublishTrackError) as error:
            log.warning("the delayed picture could not be published, trying again: %s", error)
            await source.aclose()
            return None
        self._source = source
        return source

    async def _follow_bitrate(self) -> None:
        while True:
            await asyncio.sleep(FEEDBACK_INTERVAL)
            if self._source is None:
                continue
            wish = self._source.take_feedback().rate_control
            if wish is None or wish.target_bitrate_bps <= 0:
                continue
            bitrate = max(min(wish.target_bitrate_bps, self._ceiling), MIN_BITRATE)
            if abs(bitrate - self._encoder.bitrate) > REOPEN_RATIO * self._encoder.bitrate:
                log.info("bitrate %d kbit/s, as the network asks", bitrate // 1000)
                self._encoder.set_bitrate(bitrate)
