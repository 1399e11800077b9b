"""The way of one source's pictures: on as they are, or through the transcoder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import av
from av import VideoFrame
from av.packet import Packet

from ingress.reader.clocks import Clock
from ingress.reader.failures import SourceFailure
from ingress.reader.freeze import HEIGHT, WIDTH, Freeze
from ingress.reader.group import Glance, Group
from ingress.reader.h264 import AccessUnit, DamagedError
from ingress.reader.heads import Units, units_of
from ingress.reader.media import Contents
from ingress.reader.messages import Codec, Note, Opened, Order, RawPicture, Request, Unit, Way
from ingress.reader.pacing import Backlog
from ingress.reader.passage import NO_KEY, Look, Passage
from ingress.reader.shape import small_luma
from ingress.reader.transcoder import Transcoder, prepare

Out = Unit | RawPicture

LOOK_EVERY = 4.0
"""Seconds between two pictures that are looked at, whether they have changed."""

NOTE_EVERY = 1.0
"""Seconds between two notes of what has been skipped."""

FIRST_PICTURE = 10.0
"""Seconds of packets without a single picture."""

BAD_IN_A_ROW = 50


class Pictures:
    """Takes packets or drawn pictures; says what the source is, and when its way changes."""

    def __init__(
        self, contents: Contents, request: Request, clock: Clock, tell: Callable[[Any], None]
    ) -> None:
        """tell: takes Opened and Note. Raises SourceFailure where what is asked for cannot be."""
        self._contents = contents
        self._request = request
        self._clock = clock
        self._tell = tell
        self._passage: Passage | None = None
        self._transcoder: Transcoder | None = None
        self._sets: Units | None = None
        self._gop = Group()
        self._backlog = Backlog()
        self._freeze = Freeze()
        self._glance = Glance(contents.codec)
        self._looked = self._noted = float("-inf")
        self._opened = False
        self._waiting = True
        self._begun: float | None = None
        self._bad = 0
        self._skipped = 0
        self._last_note = (0.0, 0)
        if contents.decoder is not None:
            prepare(contents.decoder, paced=contents.paced)
            self._sets = units_of(contents.codec, contents.decoder.extradata)
        if contents.decoder is None or request.output == "raw":
            why = "drawn here" if contents.decoder is None else "decoded for the booth"
            self._begin_to_transcode(why)
        elif not contents.paced:
            self._decide(Look(sar=contents.aspect))

    def order(self, order: Order, now: float) -> None:
        """What the owner wishes for."""
        if self._transcoder:
            self._transcoder.want(key=order.key, bitrate=order.bitrate)
            return
        if order.bitrate:
            self._request = replace(self._request, bitrate=order.bitrate)
        if order.key and self._passage:
            self._passage.wish(now)

    def take(self, packet: Packet[Any], arrived: float, *, late: bool = False) -> Iterator[Out]:
        """What comes of one packet. late: too late to be shown. Raises SourceFailure."""
        if self._passage is None and self._transcoder is None:
            if not packet.is_keyframe:
                return
            self._decide(Look(rotation=self._rotation(packet), sar=self._contents.aspect))
        if self._transcoder is None:
            yield from self._pass_on(packet, arrived)
        else:
            yield from self._transcode(self._transcoder, packet, arrived, late=late)

    def draw(self, frame: VideoFrame, pts: float | None, arrived: float) -> Iterator[Out]:
        """What comes of one picture that was drawn here."""
        if self._transcoder:
            self._open("transcoded", "drawn here", frame.width, frame.height)
            yield from self._transcoder.draw(frame, pts, arrived)
            self._note(arrived)

    def seam(self, arrived: float) -> Iterator[Out]:
        """What is left at the end of one pass of a film."""
        if self._transcoder and self._contents.decoder:
            yield from self._transcoder.take(None, arrived)
        self._gop.clear()
        self._noted = float("-inf")
        self._note(arrived)

    def _decide(self, look: Look) -> None:
        sps = self._sets.sps if self._sets else None
        passage = Passage(self._contents.codec, sps, self._request.mode, look=look)
        self._passage = passage
        if passage.impossible:
            raise SourceFailure("codec", passage.impossible)
        if passage.way == "transcoded":
            self._begin_to_transcode(passage.why, sps.fps if sps else 0.0)
        elif sps is not None:
            self._open(passage.way, passage.why, sps.width, sps.height, sps.fps)

    def _begin_to_transcode(self, why: str, fps: float = 0.0) -> Transcoder:
        contents = self._contents
        transcoder = Transcoder(self._request, self._clock, contents.decoder, contents.aspect)
        self._transcoder = transcoder
        if contents.width:
            self._open("transcoded", why, contents.width, contents.height, fps)
        self._why = why
        return transcoder

    def _open(self, way: Way, why: str, width: int, height: int, fps: float = 0.0) -> None:
        if self._opened:
            return
        self._opened = True
        contents = self._contents
        kinds = (contents.sound, contents.transport)
        fps = fps or contents.fps  # H.264 knows better than a first look at its times
        self._tell(Opened(contents.codec, width, height, fps, way, why, *kinds))

    def _pass_on(self, packet: Packet[Any], arrived: float) -> Iterator[Out]:
        passage = self._passage
        unit = self._unit(packet)
        if unit is None or passage is None:
            return
        why = passage.check(unit, arrived)
        if passage.impossible:
            raise SourceFailure("codec", passage.impossible)
        if why:
            yield from self._turn(why, packet, arrived)
            return
        self._gop.add(packet, key=unit.key)
        if not unit.has_slices or (self._waiting and not unit.key):
            return
        self._waiting = False
        width, height = self._size(unit)
        self._open("passthrough", passage.why, width, height)
        when = self._clock.place(_seconds(packet), arrived)
        codec: Codec = self._contents.codec  # type: ignore[assignment]  # `Passage` lets no other
        yield Unit(codec, unit.key, width, height, when, arrived, unit.data)
        if unit.key and self._due_for_a_look(arrived):
            self._look(self._glance.at(unit.data), arrived)
        self._note(arrived)

    def _turn(self, why: str, packet: Packet[Any], arrived: float) -> Iterator[Out]:
        """From now on the other way: what came since the last key frame is decoded at once."""
        opened = self._opened
        transcoder = self._begin_to_transcode(why)
        transcoder.catch_up(self._gop.clear())
        if opened:
            self._tell(Note("transcoded", why, *self._last_note))
        yield from self._transcode(transcoder, packet, arrived, late=False)

    def _transcode(
        self, transcoder: Transcoder, packet: Packet[Any], arrived: float, *, late: bool
    ) -> Iterator[Out]:
        pts = _seconds(packet)
        live = not self._contents.paced and pts is not None
        if live and self._backlog.skip(key=packet.is_keyframe, pts=pts or 0.0, arrived=arrived):
            self._skipped += 1
            self._note(arrived)
            return
        if self._waits_for_key(packet, arrived):
            return
        self._skipped += late
        for one in transcoder.take(packet, arrived, show=not late):
            if not self._opened and transcoder.seen:
                self._open("transcoded", self._why, transcoder.seen.width, transcoder.seen.height)
            yield one
        if transcoder.seen and self._due_for_a_look(arrived):
            self._look(transcoder.seen, arrived)
        self._note(arrived)
        self._backlog.done(time.monotonic())

    def _waits_for_key(self, packet: Packet[Any], arrived: float) -> bool:
        """Whether the decoder could not begin here. Some cameras never send a key frame, but
        refresh the picture little by little. Raises SourceFailure where no picture ever comes.
        """
        self._waiting = self._waiting and not packet.is_keyframe
        seen = self._transcoder is not None and self._transcoder.seen is not None
        self._begun = arrived if self._begun is None else self._begun
        if not seen and arrived - self._begun > FIRST_PICTURE:
            raise SourceFailure("codec", "none of its pictures can be decoded")
        return self._waiting and arrived - self._begun < NO_KEY

    def _unit(self, packet: Packet[Any]) -> AccessUnit | None:
        """The packet as one access unit; None where it is damaged."""
        data = bytes(packet)
        if self._sets is None:
            return AccessUnit(data, packet.is_keyframe, False, True, None)
        if packet.has_sidedata("new_extradata"):
            self._sets.extradata(bytes(packet.get_sidedata("new_extradata")))
        try:
            unit = self._sets.unit(data)
        except DamagedError:
            self._bad += 1
            if self._bad >= BAD_IN_A_ROW:
                raise SourceFailure("protocol", "what comes cannot be read") from None
            return None
        self._bad = 0
        return unit

    def _size(self, unit: AccessUnit) -> tuple[int, int]:
        if unit.sps is not None:
            return unit.sps.width, unit.sps.height
        return self._contents.width, self._contents.height

    def _rotation(self, packet: Packet[Any]) -> float:
        """Degrees by which the container wants this key frame turned."""
        decoder = self._contents.decoder
        if decoder is None:
            return 0.0
        try:
            frames = [*decoder.decode(packet), *decoder.decode(None)]
        except av.FFmpegError:
            frames = []
        finally:
            decoder.flush_buffers()
        return float(frames[0].rotation % 360) if frames else 0.0

    def _due_for_a_look(self, now: float) -> bool:
        return now - self._looked >= LOOK_EVERY

    def _look(self, frame: VideoFrame | None, now: float) -> None:
        self._looked = now
        if frame is not None:
            self._freeze.see(small_luma(frame, WIDTH, HEIGHT), now)

    def _note(self, now: float) -> None:
        state = (self._freeze.frozen_since, self._skipped)
        if state != self._last_note and now - self._noted >= NOTE_EVERY and self._opened:
            self._last_note, self._noted = state, now
            self._tell(Note("", "", *state))


def _seconds(packet: Packet[Any]) -> float | None:
    return float(packet.pts * packet.time_base) if packet.pts is not None else None
