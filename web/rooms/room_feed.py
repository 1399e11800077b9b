"""The booth of one LiveKit room, for viewers by HTTP."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

import numpy as np
from livekit import rtc
from livekit.rtc.room import EventTypes

from agent.picture.picture import from_event
from agent.picture.published import CHANGES
from agent.room.status import AGENT_STATE, STATUS
from config.settings import Settings
from config.tasks import Tasks
from web.ducking import Ducking
from web.events import Events
from web.feed import CallError, decoded, viewers
from web.pictures import I420, Pictures, Size, TooManySizesError
from web.rooms import calls
from web.rooms.connection import Connection
from web.rooms.participants import booth_of, camera_of
from web.rooms.readers import Readers, Wanted
from web.rooms.texts import Texts
from web.sound import Sound
from web.tokens import VIEWER_ATTRIBUTE

log = logging.getLogger("web.rooms")

FIRST_LOOK = 5.0
"""Seconds that who comes first waits for the room."""
BOOTH_LIMIT, LIVE_LIMIT = 3.0, 5.0
"""Seconds that a call waits for a booth, and a live picture for its track."""
LOOK_EVERY, TELL_LIMIT = 1.0, 2.0
LINGER = 5.0
"""Seconds after its last viewer until a track is left: who polls must not make it come anew."""
STILL, LONGEST_STILL = 6.0, 60.0
"""Seconds without a picture that should be there until the room is joined anew: at first, and after
many tries.
"""
_EVENTS: tuple[EventTypes, ...] = (*CHANGES, "participant_attributes_changed")


class RoomFeed:
    """A `Feed`. Takes what is wanted of the booth's tracks, and of the source's picture."""

    def __init__(self, settings: Settings, room: str) -> None:
        self._name = room
        self._until: dict[str, float] = {}
        """Until when what is wanted: `pictures`, `sound`, `live`."""
        self.pictures = Pictures(partial(self._want, "pictures"))
        self.sound = Sound(partial(self._want, "sound"))
        self.events = Events()
        self._live = Pictures(partial(self._want, "live"))
        self._ducking = Ducking()
        self._texts = Texts(self.events)
        self._readers = Readers(log.warning)
        self._tasks = Tasks(log.warning)
        self._connection = Connection(settings, room, prepare=self._prepare, changed=self._look)
        self._found = asyncio.Event()
        self._speaker = ""
        """Identity of the booth whose lines are read."""
        self._told: Mapping[str, object] = {}
        self._seen, self._patience = time.monotonic(), STILL
        self._next_shown = 0.0

    def start(self) -> None:
        """Join the room."""
        self._connection.start()
        self._tasks.keep(f"the look at room {self._name}", self._keep_looking)

    async def joined(self) -> None:
        """Wait until the first try to join has ended, but not for long."""
        try:
            async with asyncio.timeout(FIRST_LOOK):
                await self._connection.tried.wait()
        except TimeoutError:
            return

    @property
    def status(self) -> Mapping[str, object]:
        """See `Feed`. livekit: connected, joining, lost; capture: ok, lost, none; engine: as the
        booth says, or unknown where there is none; state: what LiveKit calls the agent's state.
        """
        booth = self._booth
        attributes = booth.attributes if booth else {}
        told = decoded(attributes.get(STATUS, "")) or {}
        capture = "none" if not told.get("source") else "lost" if told.get("lost") else "ok"
        return {
            "engine": "unknown",
            **told,
            "room": self._name,
            "livekit": self._connection.state,
            "commentator": booth.identity if booth else "",
            "state": attributes.get(AGENT_STATE, ""),
            "capture": capture,
        }

    async def live(self, width: int, height: int, quality: int) -> bytes:
        """See `Feed`."""
        size = Size(width, height, quality)
        try:
            self._live.enter(size)
        except TooManySizesError as error:
            raise CallError(503, str(error)) from error
        try:
            async with asyncio.timeout(LIVE_LIMIT):
                picture = await self._live.next(size)
        except TimeoutError:
            source = self._told.get("source")
            why = f"no live picture comes from {source}" if source else "there is no source"
            raise CallError(503, why) from None
        finally:
            self._live.leave(size)
        return picture.data if picture else b""

    async def call(self, method: str, payload: str, name: str) -> str:
        """See `Feed`."""
        try:
            async with asyncio.timeout(BOOTH_LIMIT):
                await self._found.wait()
        except TimeoutError:
            raise CallError(503, f"there is no commentator in room {self._name}") from None
        room, booth = self._connection.room, self._booth
        if room is None or booth is None:
            raise CallError(503, f"the commentator has just left room {self._name}")
        return await calls.call(room, booth.identity, method, payload, name)

    async def aclose(self) -> None:
        """Leave the room and end what viewers have of it. Idempotent."""
        self.events.close()
        await self._tasks.aclose()
        await self._texts.aclose()
        await self._connection.aclose()
        await self._readers.aclose()
        await asyncio.gather(self.pictures.aclose(), self._live.aclose(), self.sound.aclose())

    @property
    def _booth(self) -> rtc.RemoteParticipant | None:
        room = self._connection.room
        return booth_of(room) if room else None

    def _want(self, what: str, wanted: bool) -> None:
        self._until[what] = math.inf if wanted else time.monotonic() + LINGER
        if wanted:
            self._look()

    def _prepare(self, room: rtc.Room) -> None:
        for event in _EVENTS:
            room.on(event, self._look)
        self._texts.listen(room)

    def _look(self, *_: object) -> None:
        """Look anew at what is in the room, and do what follows."""
        if self._booth:
            self._found.set()
        else:
            self._found.clear()
        self._listen_to(booth.identity if (booth := self._booth) else "")
        if (status := self.status) != self._told:
            self._told = status
            self.events.put("status", status)
        wanted = self._wanted()
        self._readers.follow({one.publication.sid: one for one in wanted.values()})
        if "delayed" not in wanted:
            self.pictures.forget()
        if "" not in wanted:
            self._live.forget()

    def _listen_to(self, identity: str) -> None:
        if identity == self._speaker:
            return
        self._speaker = identity
        self.events.broken_off()
        if identity:
            self._tasks.once("the line being said", self._catch_up())

    async def _catch_up(self) -> None:
        """We may have come in the middle of a line, and want it as those had it who were there."""
        with suppress(CallError):
            await self.call("pressbox.lines", '{"last": 1, "now": true}', "")

    def _wanted(self) -> dict[str, Wanted]:
        """The booth's tracks by name, and the source's as ""."""
        takes: dict[str, Callable[..., None]] = {}
        now, room, booth = time.monotonic(), self._connection.room, self._booth
        wanted = {what for what, until in self._until.items() if until > now}
        if "pictures" in wanted:
            takes["delayed"] = self._take_picture
        if "sound" in wanted:
            takes |= {"commentary": self._take_commentary, "original": self._take_original}
        mine = booth.track_publications.values() if booth else ()
        found = {one.name: Wanted(one, takes[one.name]) for one in mine if one.name in takes}
        source = str(self._told.get("source", ""))
        if room and "live" in wanted and (camera := camera_of(room, source)):
            found[""] = Wanted(camera, self._take_live)
        return found

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._look()
            await self._tell_viewers()
            now = time.monotonic()
            expected = self._until.get("pictures", 0) > now and self._told["capture"] == "ok"
            if not expected or self._connection.room is None:
                self._seen = now
            elif now - self._seen > self._patience:
                log.info("no picture from room %s: joining anew", self._name)
                self._connection.renew()
                self._seen, self._patience = now, min(2 * self._patience, LONGEST_STILL)

    async def _tell_viewers(self) -> None:
        """Say in the room how many watch by way of us."""
        room, told = self._connection.room, {VIEWER_ATTRIBUTE: str(viewers(self))}
        if room is None or told.items() <= room.local_participant.attributes.items():
            return
        try:
            async with asyncio.timeout(TELL_LIMIT):
                await room.local_participant.set_attributes(told)
        except Exception as error:  # LiveKit's bare one; the next look tries again
            log.debug("how many watch was not told: %s", error or type(error).__name__)

    def _take_picture(self, event: rtc.VideoFrameEvent) -> None:
        self._seen, self._patience = time.monotonic(), STILL
        stamp = event.metadata.user_timestamp if event.metadata else 0
        captured = stamp / 1e6 if stamp else time.time()
        loop = asyncio.get_running_loop()
        self._next_shown = max(loop.time() + self.sound.behind, self._next_shown + 1e-3)
        loop.call_at(self._next_shown, self._show, from_event(event, 0.0).i420, captured)

    def _show(self, picture: I420, captured: float) -> None:
        """It waited as long as the sound that belongs to it."""
        if self._until.get("pictures", 0.0) > time.monotonic() and self._booth:
            self.pictures.push(picture, captured)

    def _take_live(self, event: rtc.VideoFrameEvent) -> None:
        self._live.push(from_event(event, 0.0).i420, time.time())

    def _take_commentary(self, event: rtc.AudioFrameEvent) -> None:
        samples = np.frombuffer(event.frame.data, np.int16)
        self._ducking.heard(samples, time.monotonic())
        self.sound.push("commentary", samples)

    def _take_original(self, event: rtc.AudioFrameEvent) -> None:
        samples = np.frombuffer(event.frame.data, np.int16)
        self.sound.push("original", self._ducking.lowered(samples, time.monotonic()))
