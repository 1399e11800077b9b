"""A source in its room: one participant with the source's picture, sound and state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from livekit import rtc

from config.log import about
from config.settings import Settings
from config.source_names import MODEL_TRACK
from config.source_spec import SourceSpec
from config.tasks import Tasks
from ingress.doors import Doors
from ingress.lifecycle import Trouble
from ingress.participant import Participant
from ingress.picture_track import PictureTrack
from ingress.reader.messages import Request, Unit
from ingress.reader.process import ReaderProcess
from ingress.report import ATTRIBUTE, SourceReport, log_change
from ingress.sound_track import SoundTrack
from ingress.supervisor import Start, Supervisor, nobody

log = logging.getLogger("pressbox.ingress")

CAMERA, SOUND, MODEL = "camera", "sound", MODEL_TRACK

BITRATE, MODEL_BITRATE = 2_500_000, 400_000
"""Bits a second that encoders are asked for at most."""

REPORT_INTERVAL = 1.0
"""Seconds between two reports while only rates change; a change of state is told at once."""

TELL_INTERVAL = 0.5
"""Seconds between two updates of the attribute: it goes to everybody in the room."""

TELL_TIMEOUT = 2.0
"""Seconds. LiveKit loses an acknowledgement now and then; sending again costs nothing."""

FPS_STEP = 0.15
"""Part by which the rate must differ to be told anew."""

FLOW_INTERVAL = 4.0
"""Seconds between two looks whether what is handed over leaves this machine."""

STUCK_LOOKS = 2
"""So many in a row without a packet are too many. After a server came back LiveKit was seen to say
that it had recovered, and no media went through for half a minute.
"""

STUCK_PICTURES = 20
"""So many must have been handed over since the last packet: WebRTC drops the first ones."""


class Relay:
    """Reads a source for ever, and is in its room from `start` to `aclose`, whatever happens to
    either side.
    """

    def __init__(
        self,
        spec: SourceSpec,
        settings: Settings,
        *,
        guarded: bool = False,
        heard: Callable[[SourceReport], None] = nobody,
        start_reader: Start = ReaderProcess.start,
    ) -> None:
        """guarded: the address came from the page, so it may lead to permitted hosts only; heard:
        called with each new report. Raises NoKeyError.
        """
        room = spec.room or settings.room
        self.participant = Participant(
            settings, room, spec.name, entered=self._entered, left=self._left
        )
        stuck, camera = self.participant.rejoin, rtc.TrackSource.SOURCE_CAMERA
        self._camera = PictureTrack(CAMERA, camera, bitrate=BITRATE, stuck=stuck)
        self._sound = SoundTrack(SOUND, stuck=stuck)
        self._tracks: list[PictureTrack | SoundTrack] = [self._camera, self._sound]
        self._doors = None if spec.live else Doors()
        self._room: rtc.Room | None = None
        self._heard = heard
        self._base = SourceReport(spec.name, room, spec.address.safe, spec.via)
        self._last: SourceReport | None = None
        self._trouble: Trouble | None = None
        self._told, self._fps = "", 0.0
        self._late = 0.0
        self._news = asyncio.Event()
        self._tasks = Tasks(log.warning)
        request = _request(spec, settings, guarded=guarded)
        self.supervisor = Supervisor(
            request,
            stall_after=spec.stall_after,
            changed=self._changed,
            show=self._show,
            play=self._sound.play,
            wishes=self._camera.wishes,
            ends=spec.address.kind == "file" and not spec.loop,
            start_reader=start_reader,
        )
        self._model = self._second(spec, request, start_reader)

    def report(self) -> SourceReport:
        """How it is."""
        report, late = self.supervisor.report(self._base), self._sound.late
        error = report.error or self._sound.error
        if not error and late:
            error = f"its sound comes {late:.0f} s behind its picture"
        if not error and self._model and self._model.lifecycle.error:
            error = f"the stream for the model: {self._model.lifecycle.error}"
        skipped = report.skipped + self._camera.skipped
        return replace(report, error=error, skipped=skipped, late=round(self._late, 3))

    def start(self) -> None:
        """Begin to read, to join and to show."""
        with about(room=self._base.room, source=self._base.name):
            self._sound.start()
            self.participant.start()
            self.supervisor.start(self._base.name)
            if self._model:
                self._model.start(f"{self._base.name} model")
            self._tasks.keep(f"the report of {self._base.name}", self._run)
            self._tasks.keep("the watch over what leaves", self._watch_flow)

    def wake(self) -> None:
        """Try at once, whatever is waited for; also after a removal from the room."""
        self.participant.wake()
        for one in self._supervisors:
            one.wake()

    async def aclose(self) -> None:
        """Stop reading, leave the room. Idempotent."""
        await self._tasks.aclose()
        await asyncio.gather(*(one.aclose() for one in self._supervisors))
        self._look()
        await self._sound.aclose()
        await self.participant.aclose()
        await asyncio.gather(*(track.aclose() for track in self._tracks))

    @property
    def _supervisors(self) -> list[Supervisor]:
        return [self.supervisor, self._model] if self._model else [self.supervisor]

    def _second(self, spec: SourceSpec, request: Request, start: Start) -> Supervisor | None:
        """The reading of the small stream for the model, which goes into a track of its own."""
        address = spec.model_address
        if address is None:
            return None
        kind, stuck = rtc.TrackSource.SOURCE_UNKNOWN, self.participant.rejoin
        track = PictureTrack(MODEL, kind, bitrate=MODEL_BITRATE, stuck=stuck)
        self._tracks.append(track)
        return Supervisor(
            replace(
                request,
                url=address.url,
                headers=request.headers if address.host == spec.address.host else {},
                sound=False,
                bitrate=MODEL_BITRATE,
            ),
            stall_after=spec.stall_after,
            changed=self._changed,
            show=track.show,
            wishes=track.wishes,
            start_reader=start,
        )

    def _show(self, unit: Unit) -> None:
        self._late = time.monotonic() - unit.arrived
        self._camera.show(unit, hold=self._sound.hold)

    def _changed(self) -> None:
        self._look()
        self._news.set()

    def _look(self) -> None:
        """Brings together how reading goes and what the room says."""
        trouble, before = self.participant.trouble, self._trouble
        self._trouble = trouble
        self.supervisor.lifecycle.room(trouble, time.monotonic())
        # Once: whoever was woken after it reads, though the room does not have it back yet.
        if trouble and trouble.kind == "removed" and trouble is not before:
            for one in self._supervisors:
                one.hold(trouble.text)
        report, last = self.report(), self._last
        if report == last:
            return
        self._last = report
        self._camera.live = report.state == "live"
        log_change(last, report)
        self._heard(report)

    def _entered(self, room: rtc.Room) -> None:
        self._room = room
        if self._doors:
            self._doors.entered(room)
        for track in self._tracks:
            track.entered(room)
        room.on("reconnected", self._tell_again)
        self._tell_again()

    def _left(self) -> None:
        if self._room:
            self._room.off("reconnected", self._tell_again)
        self._room = None
        if self._doors:
            self._doors.left()
        for track in self._tracks:
            track.left()

    def _tell_again(self) -> None:
        """The room knows nothing: it is another one, or its server was started again."""
        self._told = ""
        self._news.set()

    async def _run(self) -> None:
        while True:
            self._news.clear()
            self._look()
            await self._tell()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPORT_INTERVAL):
                    await self._news.wait()

    async def _tell(self) -> None:
        """Tells the room, where there is something new."""
        room, report = self._room, self._last or self._base
        if abs(report.fps - self._fps) > FPS_STEP * self._fps:
            self._fps = report.fps
        attribute = replace(report, fps=self._fps).attribute()
        if room is None or attribute == self._told:
            return
        self._told = attribute
        try:
            async with asyncio.timeout(TELL_TIMEOUT):
                await room.local_participant.set_attributes({ATTRIBUTE: attribute})
        except Exception as error:  # LiveKit raises a bare one
            log.debug("the state is not taken by the room: %s", str(error) or "no answer in time")
            self._tell_again()
        await asyncio.sleep(TELL_INTERVAL)

    async def _watch_flow(self) -> None:
        """Joins anew when pictures are handed over and none leaves."""
        looks, taken, left = 0, self._camera.handed_over, 0
        while True:
            await asyncio.sleep(FLOW_INTERVAL)
            packets, handed_over = await self._camera.sent(), self._camera.handed_over
            looks += 1
            if packets is None or packets != left:
                looks, taken, left = 0, handed_over, packets or 0
            elif looks >= STUCK_LOOKS and handed_over - taken >= STUCK_PICTURES:
                looks, taken = 0, handed_over
                self.participant.rejoin("pictures do not get through to the room, joining anew")


def _request(spec: SourceSpec, settings: Settings, *, guarded: bool) -> Request:
    return Request(
        url=spec.address.url,
        mode=spec.mode,
        transport=spec.transport,
        sound=spec.sound,
        loop=spec.loop,
        start=spec.start,
        turn=spec.turn,
        mirror=spec.mirror,
        headers={name: value.get_secret_value() for name, value in spec.headers.items()},
        snapshot_rate=spec.snapshot_rate,
        guarded=guarded,
        networks=settings.source_networks,
    )
