"""A published track of encoded pictures: all that the delayed picture asks of LiveKit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from livekit import rtc

from agent.picture.hold import Packet
from video.encoder import Codec

log = logging.getLogger("pressbox.hold")

PUBLISH_TIMEOUT = 15.0
"""Seconds. LiveKit itself gives up after 10; what it published after ours would be nobody's."""

UNPUBLISH_TIMEOUT = 5.0

MAX_BITRATE = 20_000_000
"""Bits a second that WebRTC may let through; the encoder keeps the setting, which may be raised
while the track stays.
"""

ONE_PACKET = 1_200
"""Bytes: a smaller H.264 key frame goes into one RTP packet with its parameter sets (STAP-A). What
LiveKit appends to its last unit, the server takes off again for browsers, and leaves that unit's
length as it was: none of them can read such a packet (livekit-server 1.13.5).
"""
_FILLER = b"\0\0\0\1\x0c" + b"\xff" * ONE_PACKET + b"\x80"

_CODEC = {"h264": rtc.VideoCodec.H264, "vp8": rtc.VideoCodec.VP8}


class PictureTrack(Protocol):
    """Shows encoded pictures; see `EncodedTrack`, which is the one in a LiveKit room.

    lead: seconds before its display time at which it wants a packet.
    """

    codec: Codec
    lead: float

    def send(self, packet: Packet, *, display: float, unix: int) -> bool: ...
    def bitrate_wish(self) -> int: ...
    async def aclose(self) -> None: ...


PublishPicture = Callable[[str, Packet], Awaitable[PictureTrack]]
"""Opens a track of this name for this packet and those behind it. Raises what it likes."""


class EncodedTrack:
    """One track in the room; made by `publish`. It has one codec for life."""

    lead = 0.0

    def __init__(
        self,
        room: rtc.Room,
        codec: Codec,
        source: rtc.EncodedVideoSource,
        publication: rtc.LocalTrackPublication,
    ) -> None:
        self.codec = codec
        self._room = room
        self._source = source
        self._publication = publication

    @classmethod
    async def publish(cls, room: rtc.Room, name: str, first: Packet) -> EncodedTrack:
        """Open a track for this packet and those behind it. Raises TimeoutError or what LiveKit
        raises.
        """
        source = rtc.EncodedVideoSource(first.width, first.height)
        try:
            track = rtc.LocalVideoTrack.create_video_track(name, source)
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                publication = await room.local_participant.publish_track(
                    track, _options(first.codec)
                )
        except BaseException:
            await source.aclose()
            raise
        return cls(room, first.codec, source, publication)

    def send(self, packet: Packet, *, display: float, unix: int) -> bool:
        """Hand over a packet that is on display at `display` (seconds) and was captured at `unix`
        (Unix microseconds). Whether LiveKit has taken it.
        """
        kind = rtc.EncodedFrameType
        frame = rtc.EncodedVideoFrame(
            data=_apart(packet) if packet.key and packet.codec == "h264" else packet.data,
            width=packet.width,
            height=packet.height,
            codec=_CODEC[packet.codec],
            frame_type=kind.ENCODED_FRAME_KEY if packet.key else kind.ENCODED_FRAME_DELTA,
            timestamp_us=round(display * 1_000_000),
            metadata=rtc.FrameMetadata(user_timestamp=unix, frame_id=packet.frame_id),
        )
        try:
            return self._source.capture_frame(frame)
        except Exception as error:  # LiveKit raises bare ones
            log.warning("LiveKit did not take a picture: %r", error)
            return False

    def bitrate_wish(self) -> int:
        """Bits a second that WebRTC has asked for since the last look; 0 if it has not."""
        control = self._source.take_feedback().rate_control
        return control.target_bitrate_bps if control else 0

    async def aclose(self) -> None:
        """Take the track out of the room, if there still is one."""
        try:
            if self._room.isconnected():
                async with asyncio.timeout(UNPUBLISH_TIMEOUT):
                    await self._room.local_participant.unpublish_track(self._publication.sid)
        except Exception as error:  # besides its own, LiveKit raises bare ones
            log.info("a track could not be withdrawn: %r", error)
        finally:
            await self._source.aclose()


def _options(codec: Codec) -> rtc.TrackPublishOptions:
    return rtc.TrackPublishOptions(
        source=rtc.TrackSource.SOURCE_CAMERA,
        video_codec=_CODEC[codec],
        video_encoder=rtc.VideoEncoderBackend.ENCODER_BACKEND_PRE_ENCODED,
        video_encoding=rtc.VideoEncoding(max_bitrate=MAX_BITRATE, max_framerate=60),
        simulcast=False,
        frame_metadata_features=[
            rtc.FrameMetadataFeature.FMF_USER_TIMESTAMP,
            rtc.FrameMetadataFeature.FMF_FRAME_ID,
        ],
    )


def _apart(packet: Packet) -> bytes:
    """A key frame whose picture cannot share a packet with what goes before it: a small one gets
    filler data (H.264, 7.3.2.7), which decoders pass over.
    """
    data = packet.data
    if len(data) > ONE_PACKET:
        return data
    last = data.rfind(b"\0\0\1")
    begin = last - 1 if last > 0 and data[last - 1] == 0 else last
    return data[:begin] + _FILLER + data[begin:]
