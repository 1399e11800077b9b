"""Keeps one source in its sink: reads it for ever and says how it is."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from config.settings import Settings
from config.source_address import SourceAddress
from config.source_spec import SourceSpec
from config.tasks import Tasks
from ingress.reader.messages import Order, RawPicture, Request, Sound, Unit
from ingress.reader.process import ReaderProcess
from ingress.reading import Reading, Start
from ingress.report import SourceReport
from ingress.sink import Sink, Trouble

log = logging.getLogger("pressbox.ingress")

REPORT_INTERVAL = 1.0
"""Seconds between two reports while only rates change; a change of state is told at once."""

MODEL_BITRATE = 400_000
"""Bits a second of the second stream where it must be encoded."""

Hearer = Callable[[SourceReport], None]


class Supervised(Protocol):
    """A source that is kept in a room, whatever way it goes."""

    def report(self) -> SourceReport:
        """How it is."""

    def start(self) -> None:
        """Begin; called once."""

    def wake(self) -> None:
        """Try at once what is waiting, or has stopped."""

    async def aclose(self) -> None:
        """Leave and let go of everything. Idempotent."""


class Supervisor:
    """A `Supervised` that reads by itself."""

    def __init__(
        self,
        spec: SourceSpec,
        settings: Settings,
        sink: Sink,
        *,
        guarded: bool = False,
        start_reader: Start = ReaderProcess.start,
    ) -> None:
        """guarded: the address came from the page, so it may lead to permitted hosts only."""
        self._spec = spec
        self._sink = sink
        self._hearers: list[Hearer] = []
        self._told: SourceReport | None = None
        self._tasks = Tasks(log.warning)
        self._trouble: Trouble | None = None
        self._late = 0.0
        self._safe = spec.address.safe
        self._room = spec.room or settings.room
        self._unix = time.time() - time.monotonic()
        address = spec.address
        headers = {name: value.get_secret_value() for name, value in spec.headers.items()}
        request = Request(
            url=address.url,
            mode=spec.mode,
            transport=spec.transport,
            sound=spec.sound,
            loop=spec.loop,
            start=spec.start,
            turn=spec.turn,
            mirror=spec.mirror,
            headers=headers,
            snapshot_rate=spec.snapshot_rate,
            guarded=guarded,
            networks=settings.source_networks,
        )
        self._reading = Reading(
            request,
            _Main(self),
            stall_after=spec.stall_after,
            ends=address.kind == "file" and not spec.loop,
            start_reader=start_reader,
        )
        self._model = self._second(spec.model_address, request, spec.stall_after, start_reader)

    def report(self) -> SourceReport:
        """How it is."""
        reading, life = self._reading, self._reading.lifecycle
        now = time.monotonic()
        fps, bitrate = reading.watchdog.rates(now)
        opened = reading.opened
        width, height = reading.size
        note = reading.note
        return SourceReport(
            name=self._spec.name,
            room=self._room,
            url=self._safe,
            via=self._spec.via,
            state=life.state,
            reason=life.reason,
            error=life.error or note.remark or self._sound_error() or self._model_error(),
            codec=opened.codec if opened else "",
            sound=opened.sound if opened else "",
            width=width or (opened.width if opened else 0),
            height=height or (opened.height if opened else 0),
            fps=round(fps, 1),
            bitrate=bitrate,
            encoder=note.bitrate,
            way=note.way,
            why=note.why,
            since=self._unix_time(life.since),
            reconnects=life.reconnects,
            next_try=self._unix_time(life.next_try),
            frozen=self._unix_time(note.frozen),
            skipped=reading.skipped + self._sink.skipped,
            late=round(self._late, 3),
            frames=reading.frames,
            byte_count=reading.byte_count,
        )

    def start(self) -> None:
        """Begin to read and to show."""
        self._sink.start()
        self._reading.start(self._spec.name)
        if self._model:
            self._model.start(f"{self._spec.name} model")
        self._tasks.keep(f"the report of {self._spec.name}", self._tell)

    def wake(self) -> None:
        """Try at once, whatever is waited for; also after a removal from the room."""
        self._sink.wake()
        self._reading.wake()
        if self._model:
            self._model.wake()

    async def aclose(self) -> None:
        """Stop reading, leave the room. Idempotent."""
        if len(self._tasks):
            await self._tasks.aclose()
            await asyncio.gather(*(one.aclose() for one in (self._reading, self._model) if one))
            self._reading.lifecycle.stopped("", time.monotonic())
            self.changed()
        await self._sink.aclose()

    def add_listener(self, callback: Hearer) -> None:
        """Calls back with every new report."""
        self._hearers.append(callback)

    def changed(self) -> None:
        """Tells the sink and all listeners how it is, if that is new."""
        before, trouble = self._trouble, self._sink.trouble
        self._trouble = trouble
        self._reading.lifecycle.room(trouble, time.monotonic())
        # Once: whoever was woken after it reads, though the room does not have it back yet.
        if trouble and trouble.kind == "removed" and trouble is not before:
            for one in (self._reading, self._model):
                if one:
                    one.hold(trouble.text)
        report = self.report()
        if report == self._told:
            return
        self._log(self._told, report)
        self._told = report
        self._sink.report(report)
        for hearer in self._hearers:
            hearer(report)

    def show(self, unit: Unit) -> None:
        """Hands a picture over."""
        self._late = time.monotonic() - unit.arrived
        self._sink.show(unit)

    @property
    def sink(self) -> Sink:
        """Where it goes."""
        return self._sink

    def _second(
        self, address: SourceAddress | None, request: Request, stall_after: float, start: Start
    ) -> Reading | None:
        if address is None:
            return None
        headers = request.headers if address.host == self._spec.address.host else {}
        wanted = replace(
            request, url=address.url, headers=headers, sound=False, bitrate=MODEL_BITRATE
        )
        return Reading(wanted, _Model(self), stall_after=stall_after, start_reader=start)

    def _sound_error(self) -> str:
        late = self._sink.sound_late
        return f"its sound comes {late:.0f} s behind its picture" if late else ""

    def _model_error(self) -> str:
        error = self._model.lifecycle.error if self._model else ""
        return f"the stream for the model: {error}" if error else ""

    async def _tell(self) -> None:
        while True:
            self.changed()
            await asyncio.sleep(REPORT_INTERVAL)

    def _unix_time(self, monotonic: float) -> float:
        """Stays the same for the same moment, so that a report changes only with what it says."""
        return round(monotonic + self._unix, 3) if monotonic else 0.0

    def _log(self, old: SourceReport | None, new: SourceReport) -> None:
        way = f", {new.codec} {new.way} ({new.why})" if new.state == "live" else ""
        same = old and (old.state, old.error) == (new.state, new.error)
        if same and old and (not way or old.way == new.way):
            return
        said = f": {new.error}" if new.error else ""
        log.info("%s in %s is %s%s%s", new.name, new.room, new.state, said, way)


class _Main:
    """Hears what is read from the address itself."""

    def __init__(self, owner: Supervisor) -> None:
        self._owner = owner

    def picture(self, picture: Unit | RawPicture) -> None:
        if isinstance(picture, Unit):
            self._owner.show(picture)

    async def sound(self, sound: Sound) -> None:
        await self._owner.sink.play(sound)

    def changed(self) -> None:
        self._owner.changed()

    def wishes(self) -> Order:
        return self._owner.sink.wishes()


class _Model(_Main):
    """Hears what is read from the address of the second stream."""

    def picture(self, picture: Unit | RawPicture) -> None:
        if isinstance(picture, Unit):
            self._owner.sink.show_model(picture)

    async def sound(self, sound: Sound) -> None:
        """There is none in it."""

    def wishes(self) -> Order:
        return self._owner.sink.model_wishes()
