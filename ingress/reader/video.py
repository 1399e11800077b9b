"""The way of one source's pictures: on as they are, or through the transcoder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from av import VideoFrame
from av.packet import Packet

from ingress.reader.clocks import Clock
from ingress.reader.container import seconds
from ingress.reader.failures import SourceFailure
from ingress.reader.freeze import HEIGHT, WIDTH, Freeze
from ingress.reader.group import Group, glance
from ingress.reader.h264 import AccessUnit, DamagedError, ParameterSets
from ingress.reader.messages import Note, Opened, Order, RawPicture, Request, Unit, Way
from ingress.reader.pacing import Backlog
from ingress.reader.passthrough import ADVICE, NO_KEY, PASSED, Look, Passthrough
from ingress.reader.shape import small_luma
from ingress.reader.source import Contents
from ingress.reader.transcoder import Transcoder, prepare

Out = Unit | RawPicture

LOOK_EVERY = 4.0
"""Seconds between two pictures that are looked at, whether they have changed."""

NOTE_EVERY = 1.0
"""Seconds between two notes of what has been skipped."""

FIRST_PICTURE = 90.0
"""Seconds of packets without a single picture: some cameras send a keyframe a minute."""

UNDECODED = 10.0
"""Seconds from the first keyframe on in which nothing can be decoded."""

BAD_IN_A_ROW = 50
MOST_FPS = 240

SUBSTREAM = "is more than this machine can decode: use the camera's sub-stream (URL or model_url)"

SILENT_WAIT = 3.0
"""Seconds without a keyframe that nobody is told of."""


class Video:
    """Takes packets or drawn pictures; says what the source is, and when its way changes."""

    def __init__(
        self, contents: Contents, request: Request, clock: Clock, tell: Callable[[Any], None]
    ) -> None:
        """tell: takes Opened and Note. Raises SourceFailure where what is asked for cannot be."""
        self._contents = contents
        self._request = request
        self._clock = clock
        self._tell = tell
        self._transcoder: Transcoder | None = None
        self._gop = Group()
        self._backlog = Backlog()
        self._freeze = Freeze()
        self._looked = self._noted = float("-inf")
        self._opened = False
        self._waiting = True
        self._begun: float | None = None
        self._key_came: float | None = None
        self._bad = 0
        self._remark = ""
        self._skipped = 0
        self._last_note = Note()
        self._sps = b""
        self._size = (0, 0)
        decoder = contents.decoder
        upright = not (request.turn or request.mirror)
        self._passthrough = Passthrough(contents.codec, request.mode, upright=upright)
        self._why = self._passthrough.why
        if decoder is None:
            self._begin_to_transcode("drawn here")
            return
        prepare(decoder, paced=contents.paced)
        self._sets = ParameterSets(decoder.extradata if contents.codec == PASSED else None)
        if request.output == "raw":
            self._begin_to_transcode("decoded for the booth")
        elif self._passthrough.impossible:
            raise SourceFailure("codec", self._passthrough.impossible)
        elif self._passthrough.way == "transcoded":
            self._begin_to_transcode(self._passthrough.why)

    def order(self, order: Order) -> None:
        """What the owner wishes for."""
        if self._transcoder:
            self._transcoder.want(key=order.key, bitrate=order.bitrate)
        elif order.key:
            self._passthrough.wish()

    def take(self, packet: Packet[Any], arrived: float, *, late: bool = False) -> Iterator[Out]:
        """What comes of one packet. late: too late to be shown. Raises SourceFailure."""
        if self._transcoder is None:
            yield from self._pass_on(packet, arrived)
        else:
            yield from self._transcode(self._transcoder, packet, arrived, late=late)

    def draw(self, frame: VideoFrame, pts: float | None, arrived: float) -> Iterator[Out]:
        """What comes of one picture that was drawn here."""
        if self._transcoder:
            self._open("transcoded", frame.width, frame.height)
            yield from self._transcoder.draw(frame, pts, arrived)
            self._note(arrived)

    def seam(self, arrived: float) -> Iterator[Out]:
        """What is left at the end of one pass of a film."""
        if self._transcoder and self._contents.decoder:
            yield from self._transcoder.take(None, arrived)
        self._gop.clear()
        self._noted = float("-inf")
        self._note(arrived)

    def _begin_to_transcode(self, why: str) -> Transcoder:
        contents = self._contents
        transcoder = Transcoder(self._request, self._clock, contents.decoder, contents.aspect)
        self._transcoder = transcoder
        self._why = why
        if contents.width:
            self._open("transcoded", contents.width, contents.height)
        return transcoder

    def _open(self, way: Way, width: int, height: int) -> None:
        if self._opened:
            return
        self._opened = True
        contents = self._contents
        said = contents.decoder.framerate if contents.decoder else None
        # A live stream itself knows better than a first look at its times.
        known = said and said <= MOST_FPS and not (contents.paced and contents.fps)
        fps = float(said) if said and known else contents.fps
        kinds = (contents.sound, contents.transport)
        self._tell(Opened(contents.codec, width, height, fps, way, self._why, *kinds))

    def _pass_on(self, packet: Packet[Any], arrived: float) -> Iterator[Out]:
        unit, look = self._unit(packet, arrived)
        if unit is None:
            return
        pts = seconds(packet, packet.pts)
        why = self._passthrough.check(unit, pts, arrived, look)
        if self._passthrough.impossible:
            raise SourceFailure("codec", self._passthrough.impossible)
        if why:
            yield from self._turn(why, packet, arrived)
            return
        self._gop.add(packet, key=unit.key)
        if not unit.has_slices:
            return
        self._waiting = self._waiting and not unit.key
        if self._waiting:
            self._say_waiting(arrived)
            return
        self._remark = ""
        self._open("passthrough", *self._size)
        yield Unit(unit.key, *self._size, self._clock.place(pts, arrived), arrived, unit.data)
        self._note(arrived)

    def _turn(self, why: str, packet: Packet[Any], arrived: float) -> Iterator[Out]:
        """From now on the other way: what came since the last keyframe is decoded at once."""
        opened = self._opened
        transcoder = self._begin_to_transcode(why)
        transcoder.catch_up(self._gop.clear())
        if opened:
            self._tell(replace(self._last_note, way="transcoded", why=why))
        yield from self._transcode(transcoder, packet, arrived, late=False)

    def _transcode(
        self, transcoder: Transcoder, packet: Packet[Any], arrived: float, *, late: bool
    ) -> Iterator[Out]:
        pts = seconds(packet, packet.pts)
        if not self._contents.paced and pts is not None:
            left_out = self._backlog.skip(key=packet.is_keyframe, pts=pts, arrived=arrived)
            if left_out:
                self._skipped += 1
                self._note(arrived)
                return
            late = not self._backlog.shows(pts)
        if self._waits_for_key(packet, arrived):
            return
        self._skipped += late
        for one in transcoder.take(packet, arrived, show=not late):
            if transcoder.seen:
                self._open("transcoded", transcoder.seen.width, transcoder.seen.height)
            yield one
        if transcoder.seen:
            self._remark = ""
            if self._backlog.overload > Backlog.TOO_MUCH:
                self._remark = f"{transcoder.seen.width}x{transcoder.seen.height} {SUBSTREAM}"
            if self._due_for_a_look(arrived):
                self._compare(transcoder.seen, arrived)
        self._note(arrived)
        self._backlog.done(time.monotonic())

    def _waits_for_key(self, packet: Packet[Any], arrived: float) -> bool:
        """Whether the decoder could not begin here. Some cameras never send a keyframe, but
        refresh the picture little by little. Raises SourceFailure where no picture ever comes.
        """
        seen = self._transcoder is not None and self._transcoder.seen is not None
        if seen:
            return False
        if packet.is_keyframe:
            self._waiting = False
            self._key_came = arrived if self._key_came is None else self._key_came
        waited = self._say_waiting(arrived)
        if waited > FIRST_PICTURE or arrived - (self._key_came or arrived) > UNDECODED:
            raise SourceFailure("codec", "none of its pictures can be decoded")
        return self._waiting and waited < NO_KEY

    def _say_waiting(self, now: float) -> float:
        """Seconds since the first packet, without a picture."""
        self._begun = now if self._begun is None else self._begun
        waited = now - self._begun
        if waited > SILENT_WAIT:
            self._remark = f"waiting for a keyframe, none for {waited:.0f} s: {ADVICE}"
            self._note(now)
        return waited

    def _unit(self, packet: Packet[Any], now: float) -> tuple[AccessUnit | None, Look | None]:
        """The packet as one access unit, None where it is damaged, and what is new in its looks."""
        if packet.has_sidedata("new_extradata"):
            self._sets.extradata(bytes(packet.get_sidedata("new_extradata")))
        try:
            unit = self._sets.unit(bytes(packet))
        except DamagedError:
            self._bad += 1
            if self._bad >= BAD_IN_A_ROW:
                raise SourceFailure("protocol", "what comes cannot be read") from None
            return None, None
        self._bad = 0
        decoder = self._contents.decoder
        fresh = unit.sps != self._sps
        if not unit.key or decoder is None or not (fresh or self._due_for_a_look(now)):
            return unit, None
        frame = glance(decoder, unit.data)
        if frame is None:
            return (replace(unit, key=False) if fresh else unit), None
        self._compare(frame, now)
        self._sps, self._size = unit.sps, (frame.width, frame.height)
        aspect = float(decoder.sample_aspect_ratio or self._contents.aspect)
        baseline = "Baseline" in (decoder.profile or "")
        reorders = bool(decoder.has_b_frames) and not baseline
        return unit, Look.at(frame, aspect=aspect, reorders=reorders) if fresh else None

    def _due_for_a_look(self, now: float) -> bool:
        return now - self._looked >= LOOK_EVERY

    def _compare(self, frame: VideoFrame, now: float) -> None:
        self._looked = now
        self._freeze.see(small_luma(frame, WIDTH, HEIGHT), now)

    def _note(self, now: float) -> None:
        bitrate = self._transcoder.bitrate if self._transcoder else 0
        note = Note("", "", self._freeze.frozen_since, self._skipped, bitrate, self._remark)
        told = note == self._last_note or not (self._opened or self._remark)
        if not told and now - self._noted >= NOTE_EVERY:
            self._last_note, self._noted = note, now
            self._tell(note)
