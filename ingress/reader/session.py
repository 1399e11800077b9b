"""One attempt to read a source: open it, hand over what comes, say why it is over."""

from __future__ import annotations

import time
import traceback
from pathlib import PurePath

from config.source_address import AddressError, SourceAddress, parse
from ingress.reader.clocks import Clock
from ingress.reader.failures import SourceFailure, failure
from ingress.reader.messages import Failed, Note, Request, Sound
from ingress.reader.opening import open_address
from ingress.reader.owner import GoneError, Owner
from ingress.reader.pacing import LATE, Pace
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
    try:
        address = parse(request.url)
    except AddressError:
        _end(owner, Failed("internal", "no address of a source"))
        return

    def waits(remark: str, *, listening: bool = False) -> None:
        owner.check()
        owner.more_time(OPEN_WAIT)
        owner.send(Note(remark=remark, listening=listening))

    try:
        with owner.deadline(OPEN_WAIT, failure("no_answer", address)):
            source = open_address(request, address, waits)
        try:
            _Session(source, request, owner).run()
        finally:
            source.close()
        _end(owner, Failed("ended", "it is over"))
    except GoneError:
        pass
    except SourceFailure as over:
        _end(owner, Failed(over.kind, address.redact(over.text)))
    except MemoryError:
        _end(owner, Failed("protocol", "it takes more memory than a source may"))
    except Exception as error:  # the owner must hear of it, whatever it is
        _end(owner, Failed("internal", _our_fault(error, address)))


class _Session:
    """Takes a source's pieces one by one and sends what comes of them."""

    def __init__(self, source: Source, request: Request, owner: Owner) -> None:
        self._source = source
        self._owner = owner
        self._paced = source.contents.paced
        self._pace = Pace()
        self._clock: Clock = self._pace if self._paced else Timeline()
        self._video = Video(source.contents, request, self._clock, owner.send)
        decoder = source.contents.sound_decoder
        self._sound = SoundDecoder(decoder) if decoder and request.sound else None
        self._shown = False

    def run(self) -> None:
        """Until the source ends. Raises SourceFailure and GoneError."""
        for piece in self._source.pieces():
            late = self._wait(piece) if self._paced and piece.time is not None else False
            arrived = time.monotonic()
            order = self._owner.take()
            if order.key or order.bitrate:
                self._video.order(order)
            if piece.sound:
                self._hear(piece, arrived)
            else:
                self._see(piece, arrived, late=late)

    def _see(self, piece: Piece, arrived: float, *, late: bool) -> None:
        if piece.packet is not None:
            out = self._video.take(piece.packet, arrived, late=late)
        elif piece.frame is not None:
            out = self._video.draw(piece.frame, piece.time, arrived)
        else:
            self._hear(piece, arrived)
            out = self._video.seam(arrived)
        for one in out:
            self._owner.send(one)
            if not self._shown:
                self._shown = True
                self._pace.begin_again()  # the first picture takes longer than all others

    def _hear(self, piece: Piece, arrived: float) -> None:
        if self._sound is None:
            return
        for pts, samples in self._sound.take(piece.packet):
            self._owner.send(Sound(self._clock.at(pts, arrived), arrived, samples))

    def _wait(self, piece: Piece) -> bool:
        """Waits until the piece is due; gives whether it is too late to be shown."""
        media_time = piece.time or 0.0
        now = time.monotonic()
        due = self._pace.due(media_time, now) - (SOUND_LEAD if piece.sound else 0.0)
        while (rest := due - time.monotonic()) > 0:
            time.sleep(min(rest, NAP))
            self._owner.check()
        return self._shown and time.monotonic() - due > LATE


def _end(owner: Owner, failed: Failed) -> None:
    try:
        owner.send(failed)
    except GoneError:
        return


def _our_fault(error: Exception, address: SourceAddress) -> str:
    """Where it went wrong and not what was said: the address may stand in that."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" in {PurePath(one.filename).name}, line {one.lineno}" for one in last)
    return address.redact(f"{type(error).__name__}{where}")
