"""One attempt to read a source: open it, hand over what comes, say why it is over."""

from __future__ import annotations

import time
import traceback
from pathlib import PurePath

from config.source_address import AddressError, SourceAddress, parse
from ingress.reader.failures import SourceFailure, failure
from ingress.reader.messages import Failed, Message, Note, RawPicture, Request, Sound, Unit
from ingress.reader.opening import open_address
from ingress.reader.owner import NOTHING, GoneError, Owner
from ingress.reader.pacing import LATE, Clock, Pace
from ingress.reader.sound import SoundDecoder
from ingress.reader.source import Piece, Source
from ingress.reader.timeline import Timeline
from ingress.reader.video import Video

OPEN_WAIT = 10.0
"""Seconds until a source must be open."""

SOUND_LEAD = 0.05
"""Seconds that a film's sound is handed over before it is due; the track's own queue keeps it
smooth."""

NAP = 0.5
"""Seconds that waiting for a piece goes on before looking whether the owner is still there."""


def run(request: Request, owner: Owner) -> None:
    """Reads until it is over, and says why. Never raises."""
    failed = Failed("ended", "it is over")
    try:
        address = parse(request.url)
    except AddressError:
        failed = Failed("internal", "no address of a source")
    else:
        try:
            _read(request, address, owner)
        except GoneError:
            return
        except SourceFailure as over:
            failed = Failed(over.kind, address.redact(over.text))
        except MemoryError:
            failed = Failed("protocol", "it takes more memory than a source may")
        except Exception as error:  # the owner must hear of it, whatever it is
            failed = Failed("internal", _our_fault(error, address))
    try:
        owner.send(failed)
    except GoneError:
        return


def _read(request: Request, address: SourceAddress, owner: Owner) -> None:
    def waits(remark: str, *, listening: bool = False) -> None:
        owner.check()
        owner.more_time(OPEN_WAIT)
        owner.send(Note(remark=remark, listening=listening))

    with owner.deadline(OPEN_WAIT, failure("no_answer", address)):
        source = open_address(request, address, waits)
    try:
        _Session(source, request, owner).run()
    finally:
        source.close()


class _Session:
    """Takes a source's pieces one by one and sends what comes of them."""

    def __init__(self, source: Source, request: Request, owner: Owner) -> None:
        contents = source.contents
        self._source = source
        self._owner = owner
        self._shown = False
        self._pace = Pace() if contents.paced else None
        self._clock: Clock = self._pace or Timeline()
        self._video = Video(contents, request, self._clock, self._send)
        decoder = contents.sound_decoder
        self._sound = SoundDecoder(decoder) if decoder and request.sound else None

    def run(self) -> None:
        """Until the source ends. Raises SourceFailure and GoneError."""
        for piece in self._source.pieces():
            late = self._wait(self._pace, piece) if self._pace else False
            arrived = time.monotonic()
            order = self._owner.take()
            if order is not NOTHING:
                self._video.order(order)
            if piece.sound:
                self._hear(piece, arrived)
            elif piece.packet is not None:
                self._video.take(piece.packet, arrived, late=late)
            elif piece.frame is not None:
                self._video.draw(piece.frame, piece.time, arrived)
            else:
                self._hear(piece, arrived)
                self._video.discontinuity(arrived)

    def _send(self, message: Message) -> None:
        self._owner.send(message)
        if not self._shown and isinstance(message, Unit | RawPicture):
            self._shown = True
            if self._pace:
                self._pace.begin_again()  # the first picture takes longer than all others

    def _hear(self, piece: Piece, arrived: float) -> None:
        if self._sound is not None:
            for pts, samples in self._sound.take(piece.packet):
                self._owner.send(Sound(self._clock.at(pts, arrived), arrived, samples))

    def _wait(self, pace: Pace, piece: Piece) -> bool:
        """Waits until the piece is due; gives whether it is too late to be shown."""
        if piece.time is None:
            return False
        due = pace.due(piece.time, time.monotonic()) - (SOUND_LEAD if piece.sound else 0.0)
        while (rest := due - time.monotonic()) > 0:
            time.sleep(min(rest, NAP))
            self._owner.check()
        return self._shown and -rest > LATE


def _our_fault(error: Exception, address: SourceAddress) -> str:
    """Where it went wrong and not what was said: the address may stand in that."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" in {PurePath(one.filename).name}, line {one.lineno}" for one in last)
    return address.redact(f"{type(error).__name__}{where}")
