"""A sink that pushes what is read into an RTMP ingress of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from livekit import api

from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.backoff import Backoff
from ingress.livekit_ingress.errors import ERRORS, START, IngressServiceError
from ingress.livekit_ingress.presence import Presence
from ingress.livekit_ingress.push_process import PushProcess
from ingress.livekit_ingress.records import OURS, request
from ingress.livekit_ingress.service import connected
from ingress.reader.messages import Failed, Opened, Order, Sound, Unit
from ingress.report import SourceReport
from ingress.sink import Trouble

LOOK = 2.0
"""Seconds between two looks at the ingress and the room."""

SILENT = 10.0
"""Seconds without a picture after which a push is ended. The participant leaves then: the service
would go on showing the last picture as if it were new.
"""

SHOWN = 30.0
"""Seconds in which a push has to be accepted, and again in which it has to be in the room. The
service needs one or two, and up to fifteen for a picture of few bits: it begins after some bytes.
"""

STUCK = 5.0
"""Seconds for which nothing is taken after which a push is given up."""

Refuse = Callable[[str], None]


class PushSink:
    """Makes the ingress, pushes, watches, pushes again. Pictures are H.264 of one size a push."""

    def __init__(self, spec: SourceSpec, settings: Settings, refuse: Refuse) -> None:
        """refuse is called with the codec of a picture that RTMP does not carry."""
        self._settings = settings
        self._room = spec.room or settings.room
        self._identity = spec.name
        self._name = f"{OURS}{spec.name}"
        self._refuse = refuse
        self._task: asyncio.Task[None] | None = None
        self._push: PushProcess | None = None
        self._address = ""
        self._presence: Presence | None = None
        self._report: SourceReport | None = None
        self._backoff = Backoff()
        self._pictures = asyncio.Event()
        self._woken = asyncio.Event()
        self._size = (0, 0)
        self._needs_key = True
        self._wants_key = False
        self._sent = 0.0
        self._last = 0.0
        self._closed = False
        self.trouble: Trouble | None = None
        self.shown = False
        """Whether the picture has been in the room at least once."""
        self.skipped = 0

    def start(self) -> None:
        """Begin; called once, on the event loop."""
        name = f"ingress.push {self._identity}"
        self._task = self._task or asyncio.create_task(self._run(), name=name)

    def show(self, unit: Unit) -> None:
        """Take an encoded picture."""
        if unit.codec != "h264":
            self._refuse(unit.codec)
            return
        self._last = time.monotonic()
        self._pictures.set()
        push = self._push
        if push is None:
            return
        if unit.key and self._size not in ((0, 0), (unit.width, unit.height)):
            push.give_up("ended", "the picture has another size")
            return
        if self._needs_key and not unit.key:
            return
        if unit.key:
            self._size = (unit.width, unit.height)
            self._sent = self._sent or time.monotonic()
        self._needs_key = not push.send(unit)
        self.skipped += self._needs_key

    def show_model(self, unit: Unit) -> None:
        """An ingress has one picture only."""

    async def play(self, sound: Sound) -> None:
        """Take sound."""
        if self._push is not None and not self._needs_key:
            self._push.send(sound)

    def report(self, report: SourceReport) -> None:
        """Keeps what is told to the room at the next look."""
        self._report = report

    def wishes(self) -> Order:
        """A key frame at the start of a push."""
        wanted, self._wants_key = self._wants_key, False
        return Order(key=wanted)

    def model_wishes(self) -> Order:
        """None."""
        return Order()

    def wake(self) -> None:
        """Push again at once."""
        self._backoff.reset()
        self._woken.set()

    async def aclose(self) -> None:
        """Ends the push and deletes the ingress. Idempotent."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(IngressServiceError):
            async with connected(self._settings) as lkapi:
                await Presence(lkapi, self._room, self._identity).clear(self._name)

    async def _run(self) -> None:
        while True:
            self._pictures.clear()
            await self._pictures.wait()
            began = time.monotonic()
            try:
                async with connected(self._settings) as lkapi:
                    failed = await self._attempt(lkapi)
            except IngressServiceError as error:
                self._address = ""
                failed = Failed("unreachable", str(error))
            if failed is None:
                continue
            shown = self._presence.shown_for(time.monotonic()) if self._presence else 0.0
            self.trouble = Trouble("away", failed.text)
            wait = self._backoff.wait(failed.kind, shown)
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(wait, began + 1.0 - time.monotonic())):
                    await self._woken.wait()

    async def _attempt(self, lkapi: api.LiveKitAPI) -> Failed | None:
        """One push from its start to its end; None where it ended because nothing came."""
        presence = self._presence = Presence(lkapi, self._room, self._identity)
        await presence.look(self._name, time.monotonic())
        if presence.gone or not self._address:
            self._address = await self._make(lkapi, presence)
        push = await PushProcess.begin(self._address, sound=self._has_sound())
        self._size, self._needs_key, self._wants_key, self._sent = (0, 0), True, True, 0.0
        self._push = push
        watch = asyncio.create_task(self._watch(push, presence), name="ingress.push.watch")
        try:
            async with contextlib.aclosing(push.messages()) as messages:
                async for message in messages:
                    if isinstance(message, Opened):
                        presence.begin(time.monotonic())
                    elif isinstance(message, Failed):
                        return self._over(message)
            return Failed("internal", "the push said nothing more")
        finally:
            self._push = None
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await push.aclose()

    def _over(self, failed: Failed) -> Failed | None:
        if failed.text == _NOTHING_CAME:
            self.trouble = None
            return None
        return failed

    def _has_sound(self) -> bool:
        return bool(self._report and self._report.sound)

    async def _make(self, lkapi: api.LiveKitAPI, presence: Presence) -> str:
        """The address of a new ingress, with its key."""
        await presence.clear(self._name)
        wanted = request("rtmp", room=self._room, name=self._name, identity=self._identity)
        info = await lkapi.ingress.create_ingress(wanted)
        presence.ingress_id = info.ingress_id
        if not info.url:
            raise IngressServiceError(
                "no_service", f"the LiveKit server has no rtmp_base_url: {START}"
            )
        return f"{info.url}/{info.stream_key}"

    async def _watch(self, push: PushProcess, presence: Presence) -> None:
        while True:
            await asyncio.sleep(LOOK)
            now = time.monotonic()
            if now - self._last > SILENT:
                push.give_up("ended", _NOTHING_CAME)
            if self._sent and not presence.expected and now - self._sent > SHOWN:
                push.give_up("no_answer", "LiveKit Ingress does not accept the push in time")
            if push.stuck(now) > STUCK:
                push.give_up("no_answer", "LiveKit Ingress does not take what is pushed")
            try:
                # What was found at the last look, so that what is told is what is so.
                await presence.tell(self._report)
                await presence.look(self._name, now)
            except ERRORS:
                continue
            if presence.gone:
                self._address = ""
                push.give_up("ended", "the ingress was deleted")
            elif presence.picture:
                self.trouble = None
                self.shown = True
            elif presence.missing_for(now) > SHOWN:
                said = presence.error or "LiveKit Ingress does not show what is pushed"
                push.give_up("no_answer", said)


_NOTHING_CAME = "no picture came"
