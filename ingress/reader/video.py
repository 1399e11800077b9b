"""One source's pictures: on as they are, or decoded and encoded anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from av import VideoFrame
from av.packet import Packet

from ingress.reader.container import seconds
from ingress.reader.failures import SourceFailure
from ingress.reader.freeze import HEIGHT, WIDTH, Freeze
from ingress.reader.h264 import AccessUnit, DamagedError, ParameterSets
from ingress.reader.messages import Note, Opened, Order, RawPicture, Request, Unit, Way
from ingress.reader.pacing import Backlog, Clock
from ingress.reader.passthrough import (
    ADVICE,
    NO_KEY,
    PASSED,
    Format,
    Gop,
    Passthrough,
    decode_alone,
)
from ingress.reader.shape import small_luma
from ingress.reader.source import Contents
from ingress.reader.transcoder import Transcoder, prepare

Send = Callable[[Opened | Note | Unit | RawPicture], None]

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
    """Takes packets or drawn pictures; sends what comes of them, what the source is, and when it
    goes another way.
    """

    def __init__(self, contents: Contents, request: Request, clock: Clock, send: Send) -> None:
        """Raises SourceFailure where what is asked for cannot be."""
        self._contents, self._request = contents, request
        self._clock, self._send = clock, send
        self._transcoder: Transcoder | None = None
        self._gop = Gop()
        self._backlog = Backlog()
        self._freeze = Freeze()
        self._looked = self._noted = float("-inf")
        self._opened, self._waiting = False, True
        self._begun: float | None = None
        self._key_came: float | None = None
        self._bad = self._skipped = 0
        self._remark = ""
        self._last_note = Note()
        self._sets = b""
        self._size = (0, 0)
        upright = not (request.turn or request.mirror)
        self._passthrough = Passthrough(contents.codec, request.mode, upright=upright)
        self._why = self._passthrough.why
        decoder = contents.decoder
        if decoder is None:
            self._transcode_from_now("drawn here")
            return
        prepare(decoder, paced=contents.paced)
        self._parameter_sets = ParameterSets(decoder.extradata if contents.codec == PASSED else b"")
        if request.output == "raw":
            self._transcode_from_now("decoded for the booth")
        elif self._passthrough.impossible:
            raise SourceFailure("codec", self._passthrough.impossible)
        elif self._passthrough.way == "transcoded":
            self._transcode_from_now(self._why)

    def order(self, order: Order) -> None:
        """What the owner wishes for."""
        if self._transcoder:
            self._transcoder.want(order)
        elif order.key:
            self._passthrough.wish()

    def take(self, packet: Packet[Any], arrived: float, *, late: bool = False) -> None:
        """One packet. late: too late to be shown. Raises SourceFailure."""
        pts = seconds(packet, packet.pts)
        if self._transcoder is None and (why := self._pass_on(packet, pts, arrived)):
            opened = self._opened
            self._transcode_from_now(why).catch_up(self._gop.clear())
            if opened:
                self._send(replace(self._last_note, way="transcoded", why=why))
        if self._transcoder:
            self._transcode(self._transcoder, packet, pts, arrived, late=late)
        self._note(arrived)

    def draw(self, frame: VideoFrame, pts: float | None, arrived: float) -> None:
        """One picture that was drawn here."""
        if self._transcoder:
            for one in self._transcoder.draw(frame, pts, arrived):
                self._send(one)
        self._note(arrived)

    def discontinuity(self, arrived: float) -> None:
        """One pass of a film is over: what is left of it."""
        if self._transcoder and self._contents.decoder:
            for one in self._transcoder.take(None, arrived):
                self._send(one)
        self._gop.clear()
        self._noted = float("-inf")
        self._note(arrived)

    def _transcode_from_now(self, why: str) -> Transcoder:
        contents, self._why = self._contents, why
        transcoder = Transcoder(self._request, self._clock, contents.decoder, contents.aspect)
        self._transcoder = transcoder
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
        self._send(Opened(contents.codec, width, height, fps, way, self._why, *kinds))

    def _pass_on(self, packet: Packet[Any], pts: float | None, arrived: float) -> str:
        """Sends the packet as it is, or gives the reason why it is to be decoded."""
        unit = self._unit(packet)
        if unit is None:
            return ""
        unit, form = self._seen(unit, arrived)
        why = self._passthrough.check(unit, pts, arrived, form)
        if self._passthrough.impossible:
            raise SourceFailure("codec", self._passthrough.impossible)
        if why:
            return why
        self._gop.add(packet, key=unit.key)
        if not unit.has_slices:
            return ""
        self._waiting = self._waiting and not unit.key
        if self._waiting:
            self._say_waiting(arrived)
            return ""
        self._remark = ""
        self._open("passthrough", *self._size)
        shown = self._clock.place(pts, arrived)
        self._send(Unit(unit.key, *self._size, shown, arrived, unit.data))
        return ""

    def _unit(self, packet: Packet[Any]) -> AccessUnit | None:
        """The packet as one access unit; None where it is damaged."""
        if packet.has_sidedata("new_extradata"):
            self._parameter_sets.extradata(bytes(packet.get_sidedata("new_extradata")))
        try:
            unit = self._parameter_sets.unit(bytes(packet))
        except DamagedError:
            self._bad += 1
            if self._bad >= BAD_IN_A_ROW:
                raise SourceFailure("protocol", "what comes cannot be read") from None
            return None
        self._bad = 0
        return unit

    def _seen(self, unit: AccessUnit, now: float) -> tuple[AccessUnit, Format | None]:
        """Looks at a keyframe now and then, and at each with other parameter sets; gives what is
        new then. One with new ones that cannot be decoded is none.
        """
        decoder = self._contents.decoder
        fresh = unit.sets != self._sets
        if not unit.key or decoder is None or not (fresh or now - self._looked >= LOOK_EVERY):
            return unit, None
        frame = decode_alone(decoder, unit.data)
        if frame is None:
            return (replace(unit, key=False) if fresh else unit), None
        self._compare(frame, now)
        self._sets, self._size = unit.sets, (frame.width, frame.height)
        form = Format.of(frame, decoder, aspect=self._contents.aspect)
        return unit, form if fresh else None

    def _transcode(
        self,
        transcoder: Transcoder,
        packet: Packet[Any],
        pts: float | None,
        arrived: float,
        *,
        late: bool,
    ) -> None:
        if not self._contents.paced and pts is not None:
            if self._backlog.skip(key=packet.is_keyframe, pts=pts, arrived=arrived):
                self._skipped += 1
                return
            late = not self._backlog.shows(pts)
        if transcoder.seen is None and self._waits_for_key(packet, arrived):
            return
        self._skipped += late
        for one in transcoder.take(packet, arrived, show=not late):
            if transcoder.seen:
                self._open("transcoded", transcoder.seen.width, transcoder.seen.height)
            self._send(one)
        if seen := transcoder.seen:
            self._remark = ""
            if self._backlog.overload > Backlog.TOO_MUCH:
                self._remark = f"{seen.width}x{seen.height} {SUBSTREAM}"
            if arrived - self._looked >= LOOK_EVERY:
                self._compare(seen, arrived)
        self._backlog.done(time.monotonic())

    def _waits_for_key(self, packet: Packet[Any], arrived: float) -> bool:
        """Whether the decoder could not begin here. Some cameras never send a keyframe, but
        refresh the picture little by little. Raises SourceFailure where no picture ever comes.
        """
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
        return waited

    def _compare(self, frame: VideoFrame, now: float) -> None:
        self._looked = now
        self._freeze.see(small_luma(frame, WIDTH, HEIGHT), now)

    def _note(self, now: float) -> None:
        if now - self._noted < NOTE_EVERY or not (self._opened or self._remark):
            return
        bitrate = self._transcoder.bitrate if self._transcoder else 0
        note = Note("", "", self._freeze.frozen_since, self._skipped, bitrate, self._remark)
        if note != self._last_note:
            self._last_note, self._noted = note, now
            self._send(note)
