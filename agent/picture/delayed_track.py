"""The track `delayed`: encodes each picture once, holds the packets for the delay, then publishes
them as they are.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor

from livekit import rtc

from agent.clock.display_clock import LOOK_AGAIN, DisplayClock
from agent.clock.unix_clock import UnixClock
from agent.picture.encoded_track import PictureTrack, PublishPicture
from agent.picture.hold import Hold, Packet
from agent.picture.picture import Picture
from agent.room.room import Room
from config.tasks import Tasks, Tell
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

EARLY = 0.0005
"""Seconds by which a packet may leave too soon: a shorter sleep is not worth a wake-up."""

FEEDBACK_INTERVAL = 1.0
"""Seconds between looks at the bitrate that WebRTC wishes for."""

MIN_BITRATE = 150_000
REOPEN_RATIO = 0.25
"""The bitrate follows only changes of a quarter or more: each costs a key frame."""

REFUSED_KEYS = 3
"""Key frames refused one after the other after which the track is taken for dead."""


class PictureRefusedError(Exception):
    """LiveKit takes no picture of the delayed track any more."""


class DelayedTrack:
    """Owns the encoder's thread, the hold and the published track of one booth."""

    def __init__(
        self,
        room: Room,
        publish: PublishPicture,
        clock: DisplayClock,
        unix: UnixClock,
        *,
        codec: Codec,
        bitrate: int,
        tell: Tell,
    ) -> None:
        """`publish` opens the track. `bitrate` in bits per second is a ceiling: the network may ask
        for less. `tell(text)` shows a failure to whoever watches.
        """
        self._room = room
        self._open = publish
        self._clock = clock
        self._unix = unix
        self._ceiling = bitrate
        self._wish = math.inf  # the network has not asked for anything yet
        self._encoder = VideoEncoder(codec, bitrate)
        self._key_wanted = False
        self._next_id = 0
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._pictures: asyncio.Queue[Picture] = asyncio.Queue(PENDING)
        self._hold = Hold()
        self._arrived = asyncio.Event()
        self._track: PictureTrack | None = None
        self._stale = False
        self._refused_keys = 0
        self._last_sent = float("-inf")
        self._tasks = Tasks(tell)
        self.left_out = 0
        """Pictures that were not encoded because the encoder had not kept up."""
        self.refused = 0
        """Packets that LiveKit did not take."""

    def start(self) -> None:
        """Begin to encode and to publish; the track appears with the first picture."""
        self._room.on("local_track_republished", self._republished)
        self._tasks.keep("the encoder of the delayed picture", self._encode)
        self._tasks.keep("the delayed picture", self._release)
        self._tasks.keep("the bitrate of the delayed picture", self._follow_bitrate)

    @property
    def published(self) -> bool:
        """Whether viewers have the track."""
        return self._track is not None

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
        """Change the highest bitrate, in bits per second; what the network asks for stays."""
        self._ceiling = bitrate
        self._set_encoder()

    def set_codec(self, codec: Codec) -> None:
        """Encode otherwise from the next picture on. When it is due the track is published anew:
        a track has one codec for life.
        """
        self._encoder.codec = codec

    async def aclose(self) -> None:
        """Stop, withdraw the track, end the encoder's thread. Idempotent."""
        self._room.off("local_track_republished", self._republished)
        await self._tasks.aclose()
        ended = functools.partial(self._executor.shutdown, cancel_futures=True)
        await asyncio.to_thread(ended)
        await self._withdraw()

    def _republished(self, publication: rtc.LocalTrackPublication, _: str) -> None:
        """LiveKit has brought the track back into a restarted server's room.

        In one of four tries on a busy machine a track of encoded frames was then dead: subscribed
        to, and no frame came. A new one always lives.
        """
        self._stale |= publication.name == NAME

    # from pictures to packets

    async def _encode(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._pictures.empty():  # they have waited since a failure
            self._pictures.get_nowait()
            self.left_out += 1
        while True:
            picture = await self._pictures.get()
            packets = await loop.run_in_executor(self._executor, self._packets, picture)
            for packet in packets:
                self._hold.push(packet)
            self._arrived.set()

    def _packets(self, picture: Picture) -> list[Packet]:
        """Runs in the encoder's thread."""
        key, self._key_wanted = self._key_wanted, False
        packets = []
        for one in self._encoder.encode(picture.i420, picture.capture, key=key):
            self._next_id = (self._next_id + 1) & 0xFFFFFFFF
            size = (one.width, one.height)
            packets.append(Packet(one.codec, one.data, one.key, *size, one.time, self._next_id))
        return packets

    # from packets to the room

    async def _release(self) -> None:
        self.skip_to_display()  # much may have become due since a failure
        while True:
            packet = self._hold.first
            if packet is None:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            now = time.monotonic()
            lead = self._track.lead if self._track else 0.0
            due = self._clock.display_time(packet.capture) - lead
            moment = max(due, self._last_sent + SPACING)
            if moment - now > EARLY:
                # The delay may move while this sleeps: look again in a while.
                await asyncio.sleep(min(moment - now, LOOK_AGAIN))
            elif not self._room.isconnected():
                self._hold.skip()
            elif (track := self._track_for(packet)) is None:
                await self._publish(packet)
                self.skip_to_display()
            else:
                self._send(track, self._hold.pop())

    def _track_for(self, packet: Packet) -> PictureTrack | None:
        """The track that can take it; None: it is a key frame, and opens a new one."""
        track = self._track
        if track is None or track.codec != packet.codec or (self._stale and packet.key):
            return None
        return track

    def _send(self, track: PictureTrack, packet: Packet) -> None:
        self._last_sent = time.monotonic()
        display = self._clock.display_time(packet.capture)
        if track.send(packet, display=display, unix=self._unix.microseconds(packet.capture)):
            self._refused_keys = 0 if packet.key else self._refused_keys
            return
        self.refused += 1
        self._hold.begin_anew()
        self._key_wanted = self._hold.first is None
        self._refused_keys += packet.key
        if self._refused_keys >= REFUSED_KEYS:
            self._refused_keys, self._stale = 0, True
            raise PictureRefusedError

    async def _publish(self, first: Packet) -> None:
        """Open a track for this packet and those behind it, and let go of the one before."""
        await self._withdraw()
        self._stale = False
        self._track = await self._open(NAME, first)

    async def _withdraw(self) -> None:
        track, self._track = self._track, None
        if track:
            await track.aclose()

    # from the network to the encoder

    async def _follow_bitrate(self) -> None:
        while True:
            await asyncio.sleep(FEEDBACK_INTERVAL)
            asked = self._track.bitrate_wish() if self._track else 0
            if asked <= 0:
                continue
            wish = max(asked, MIN_BITRATE)
            now = self._encoder.bitrate
            if abs(min(wish, self._ceiling) - now) > REOPEN_RATIO * now:
                log.info("bitrate %d kbit/s, as the network asks", wish // 1000)
                self._wish = wish
                self._set_encoder()

    def _set_encoder(self) -> None:
        self._encoder.bitrate = int(min(self._wish, self._ceiling))
