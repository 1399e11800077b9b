"""The room as a sink: one participant with the source's picture, sound and state."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from livekit import rtc

from config.source_names import MODEL_TRACK
from config.tasks import Tasks
from ingress.doors import Doors
from ingress.picture_track import PictureTrack
from ingress.presence import Place, Presence
from ingress.reader.messages import Order, Sound, Unit
from ingress.report import ATTRIBUTE, SourceReport
from ingress.sink import Sink, Trouble
from ingress.sound_track import SoundTrack

__all__ = ["CAMERA", "MODEL", "SOUND", "RoomSink", "Sink"]

log = logging.getLogger("pressbox.ingress")

CAMERA, SOUND, MODEL = "camera", "sound", MODEL_TRACK

TELL_INTERVAL = 0.5
"""Seconds between two updates of the attribute: it goes to everybody in the room."""

TELL_TIMEOUT = 2.0
"""Seconds. LiveKit loses an acknowledgement now and then; sending again costs nothing."""

FLOW_INTERVAL = 4.0
"""Seconds between two looks whether what is handed over leaves this machine."""

STUCK_LOOKS = 2
"""So many in a row without a packet are too many. After a server came back LiveKit was seen to say
that it had recovered, and no media went through for half a minute.
"""

STUCK_PICTURES = 20
"""So many must have been handed over since the last packet: WebRTC drops the first ones."""

FPS_STEP = 0.15
"""Part by which the rate must differ to be told anew."""

BITRATE, MODEL_BITRATE = 2_500_000, 400_000
"""Bits a second that encoders are asked for at most."""


class RoomSink:
    """A `Sink` that is in the room from `start` to `aclose`, whatever happens to either side."""

    def __init__(self, place: Place, *, live: bool = False) -> None:
        """`live`: everybody may subscribe to the tracks, not agents alone."""
        self._doors = None if live else Doors()
        self._presence = Presence(place, entered=self._entered, left=self._left)
        stuck = self._presence.rejoin
        camera, model = rtc.TrackSource.SOURCE_CAMERA, rtc.TrackSource.SOURCE_UNKNOWN
        self._camera = PictureTrack(CAMERA, camera, bitrate=BITRATE, stuck=stuck)
        self._model = PictureTrack(MODEL, model, bitrate=MODEL_BITRATE, stuck=stuck)
        self._sound = SoundTrack(SOUND, stuck=stuck)
        self._room: rtc.Room | None = None
        self._report: SourceReport | None = None
        self._told = ""
        self._news = asyncio.Event()
        self._tasks = Tasks(log.warning)

    @property
    def trouble(self) -> Trouble | None:
        """Why it is not in the room."""
        return self._presence.trouble

    @property
    def skipped(self) -> int:
        """Pictures left out because they came too late."""
        return self._camera.skipped

    @property
    def sound_late(self) -> float:
        """Seconds that the sound is behind its picture, where that is too far to be mended."""
        return self._sound.late

    def start(self) -> None:
        """Begin to join."""
        self._sound.start()
        self._presence.start()
        self._tasks.keep("the attribute of a source", self._tell)
        self._tasks.keep("the watch over what leaves", self._watch_flow)

    def show(self, unit: Unit) -> None:
        """Send a picture now."""
        self._camera.show(unit, hold=self._sound.hold)

    def show_model(self, unit: Unit) -> None:
        """Send a picture of the second stream now."""
        self._model.show(unit)

    async def play(self, sound: Sound) -> None:
        """Send sound when its time has come."""
        self._sound.play(sound)

    def report(self, report: SourceReport) -> None:
        """Publish this as the participant's attribute, soon."""
        self._camera.live = report.state == "live"
        old = self._report.fps if self._report else 0.0
        same = abs(report.fps - old) <= FPS_STEP * old
        report = replace(report, fps=old if same else report.fps)
        if self._report is None or report.attribute() != self._report.attribute():
            self._report = report
            self._news.set()

    def wishes(self) -> Order:
        """Wishes of those who watch."""
        return self._camera.wishes()

    def model_wishes(self) -> Order:
        """Wishes of those who watch the second stream."""
        return self._model.wishes()

    def wake(self) -> None:
        """Join at once, also after a removal."""
        self._presence.wake()

    def rejoin(self, why: str) -> None:
        """Leave the room and join it again at once; why is one line."""
        self._presence.rejoin(why)

    async def aclose(self) -> None:
        """Leave the room. Idempotent."""
        await self._tasks.aclose()
        await self._sound.aclose()
        await self._presence.aclose()
        await asyncio.gather(self._camera.aclose(), self._model.aclose())

    def _entered(self, room: rtc.Room) -> None:
        self._room = room
        if self._doors:
            self._doors.entered(room)
        for track in (self._camera, self._model, self._sound):
            track.entered(room)
        room.on("reconnected", self._tell_again)
        self._tell_again()

    def _tell_again(self) -> None:
        """The room knows nothing: it is another one, or its server was started again."""
        self._told = ""
        self._news.set()

    def _left(self) -> None:
        if self._room:
            self._room.off("reconnected", self._tell_again)
        self._room = None
        if self._doors:
            self._doors.left()
        for track in (self._camera, self._model, self._sound):
            track.left()

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            room, attribute = self._room, self._report.attribute() if self._report else ""
            if room is None or attribute in ("", self._told):
                continue
            self._told = attribute
            try:
                async with asyncio.timeout(TELL_TIMEOUT):
                    await room.local_participant.set_attributes({ATTRIBUTE: attribute})
            except Exception as error:  # LiveKit raises a bare one
                why = str(error) or "no answer in time"
                log.debug("the state is not taken by the room: %s", why)
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
                self._presence.rejoin("pictures do not get through to the room, joining anew")
