"""A source through the service: created, watched, and created anew when it ends. What the service
does not pull by itself, mediamtx pulls and pushes to it as it comes.

What the service says of itself is not enough: it goes on calling a stream published from which no
picture comes any more. So a hidden viewer looks in now and then. What is not seen is a picture that
comes and never changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from livekit import api

from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.backoff import Backoff
from ingress.lifecycle import Lifecycle
from ingress.livekit_ingress.errors import ERRORS, START, IngressServiceError, translated
from ingress.livekit_ingress.eye import moving
from ingress.livekit_ingress.presence import Presence
from ingress.livekit_ingress.records import OURS, Ingress, Kind, request
from ingress.livekit_ingress.service import connected
from ingress.pushes.media_server import MediaServer
from ingress.reader.messages import FailureKind
from ingress.report import SourceReport

log = logging.getLogger("pressbox.ingress")

LOOK = 1.0
"""Seconds between two looks at the ingress."""

FIRST_PICTURE = 30.0
"""Seconds that the first picture may take; a playlist is buffered before it starts."""

MISSING, BEHIND_STALL = 8.0, 5.0
"""Seconds without the track in the room after which the ingress is made anew: the first at least,
and the second behind the stall.
"""

UNANSWERED = 10.0
"""Seconds for which the LiveKit server may not answer before this counts as a failure."""

GLANCE = 10.0
"""Seconds between two looks into the room, each of which costs a key frame."""

WHY = "LiveKit Ingress encodes it anew"

_PUSHED = ("rtsp", "rtmp")
"""Kinds of addresses that mediamtx pulls, and pushes to the service."""

Eye = Callable[[], Awaitable[bool | None]]
"""Whether pictures come; None where that cannot be seen."""


class UrlSource:
    """A `Supervised` that is a URL ingress, or an RTMP one that is pushed to."""

    def __init__(
        self,
        spec: SourceSpec,
        settings: Settings,
        media: MediaServer | None = None,
        eye: Eye | None = None,
    ) -> None:
        """media: pushes what the service does not pull; eye: for tests."""
        self._media = media if spec.address.kind in _PUSHED else None
        now = time.monotonic()
        self._eye = eye or self._glance
        self._moving: bool | None = None
        self._spec = spec
        self._settings = settings
        self._room = spec.room or settings.room
        self._name = f"{OURS}{spec.name}"
        self._told: SourceReport | None = None
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._backoff = Backoff()
        self._unix = time.time() - now
        self._seen: Ingress | None = None
        self._first: float | None = None
        self._last = now
        self._closed = False
        self.lifecycle = Lifecycle(now)

    def report(self) -> SourceReport:
        """How it is, as far as the service tells."""
        life, seen = self.lifecycle, self._seen
        return SourceReport(
            name=self._spec.name,
            room=self._room,
            url=self._spec.address.safe,
            via=self._spec.via,
            state=life.state,
            reason=life.reason,
            error=life.error,
            codec=seen.codec if seen else "",
            sound=seen.sound if seen else "",
            width=seen.width if seen else 0,
            height=seen.height if seen else 0,
            fps=seen.fps if seen else 0.0,
            way="transcoded" if seen else "",
            why=WHY if seen else "",
            since=self._unix_time(life.since),
            reconnects=life.reconnects,
            next_try=self._unix_time(life.next_try),
        )

    def start(self) -> None:
        """Begin; called once."""
        name = f"ingress.url {self._spec.name}"
        self._task = self._task or asyncio.create_task(self._run(), name=name)

    def wake(self) -> None:
        """Try at once what is waiting."""
        self._backoff.reset()
        self._woken.set()

    async def aclose(self) -> None:
        """Deletes the ingress. Idempotent."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(IngressServiceError):
            async with connected(self._settings) as lkapi:
                await Presence(lkapi, self._room, self._spec.name).clear(self._name)
        self.lifecycle.stopped("", time.monotonic())
        self._changed()

    async def _run(self) -> None:
        while True:
            self.lifecycle.attempt(time.monotonic())
            self._first, self._last = None, time.monotonic()
            self._changed()
            kind, text = await self._attempt()
            now = time.monotonic()
            lived = 0.0 if self._first is None else max(self._last - self._first, 1e-3)
            wait = self._backoff.wait(kind, lived)
            self.lifecycle.failed(kind, text, now, wait=wait)
            self._changed()
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _attempt(self) -> tuple[FailureKind, str]:
        """One ingress from its making to its end, which says why."""
        name, room, url = self._name, self._room, self._spec.address.url
        try:
            kind: Kind = "rtmp" if self._media else "url"
            wanted = request(kind, room=room, name=name, identity=self._spec.name, url=url)
            async with connected(self._settings) as lkapi:
                presence = Presence(lkapi, room, self._spec.name)
                await presence.clear(name)
                made = await lkapi.ingress.create_ingress(wanted)
                async with self._pushed_to(made):
                    return await self._watch(presence)
        except IngressServiceError as error:
            return _failure_kind(error), str(error)

    @contextlib.asynccontextmanager
    async def _pushed_to(self, made: api.IngressInfo) -> AsyncIterator[None]:
        """Has mediamtx push the source to an RTMP ingress meanwhile."""
        if self._media is None:
            yield
            return
        if not made.url:
            raise IngressServiceError("no_service", f"the server has no rtmp_base_url: {START}")
        address = self._spec.address
        path = f"out/{made.ingress_id}"
        conf = {"source": address.url, "forward": [{"dest": f"{made.url}#{made.stream_key}"}]}
        await self._media.add(path, conf, [made.stream_key, address.url, *address.secrets])
        try:
            yield
        finally:
            await self._media.remove(path)

    async def _watch(self, presence: Presence) -> tuple[FailureKind, str]:
        answered = time.monotonic()
        glanced = 0.0
        self._moving = None
        while True:
            await asyncio.sleep(LOOK)
            now = time.monotonic()
            try:
                # What was found at the last look, so that what is told is what is so.
                await presence.tell(self._told)
                await presence.look(self._name)
            except ERRORS as error:
                if now - answered > UNANSWERED:
                    raise translated(error) from None
                continue
            answered = now
            if presence.seen is None:
                return "ended", "the ingress was deleted"
            self._seen = presence.seen
            if not presence.picture:
                self._moving = None
            elif not self._moving or now > glanced + GLANCE:
                self._moving = await self._eye()
                glanced = now = time.monotonic()
            over = self._over(presence.seen, bool(self._moving), now)
            self._changed()
            if over:
                return over

    async def _glance(self) -> bool | None:
        """One look; a viewer who gets no answer keeps the last one."""
        seen = await moving(self._settings, self._room, self._spec.name)
        return self._moving if seen is None else seen

    def _over(self, seen: Ingress, picture: bool, now: float) -> tuple[FailureKind, str] | None:
        if seen.state in ("error", "complete"):
            return explained(seen)
        if seen.state == "publishing" and picture:
            self._first = self._first or now
            self._last = now
            self.lifecycle.picture(now)
            return None
        silent = now - self._last
        if self._first is None:
            said = self._media.trouble if self._media else ""
            said = said or f"LiveKit Ingress shows no picture within {silent:.0f} s"
            return ("no_answer", said) if silent > FIRST_PICTURE else None
        if silent > self._spec.stall_after:
            self.lifecycle.stalled(f"no picture in the room for {silent:.0f} s", now)
        limit = max(MISSING, self._spec.stall_after + BEHIND_STALL)
        return ("no_answer", f"no picture for {silent:.0f} s") if silent > limit else None

    def _changed(self) -> None:
        report = self.report()
        if report == self._told:
            return
        told = self._told
        if told is None or (told.state, told.error) != (report.state, report.error):
            said = f": {report.error}" if report.error else ""
            log.info("%s in %s is %s%s", report.name, report.room, report.state, said)
        self._told = report

    def _unix_time(self, monotonic: float) -> float:
        return round(monotonic + self._unix, 3) if monotonic else 0.0


def explained(seen: Ingress) -> tuple[FailureKind, str]:
    """Why the service has given up, from what it says."""
    said = seen.error.lower()
    if seen.state == "complete" and not said:
        return "ended", "the source is over"
    for words, kind, text in _SAID:
        if any(word in said for word in words):
            return kind, text
    return "protocol", "LiveKit Ingress could not go on with it"


_SAID: tuple[tuple[tuple[str, ...], FailureKind, str], ...] = (
    (("unauthorized", "forbidden", "401", "403"), "auth", "the source refuses the credentials"),
    (("not found", "404"), "not_found", "the source has no such stream"),
    (("mime", "unsupported", "decode"), "codec", "LiveKit Ingress does not take such a stream"),
    (("could not connect", "refused", "resolve"), "unreachable", "the source cannot be reached"),
    (("capacity",), "internal", "LiveKit Ingress is too busy for one more"),
)


def _failure_kind(error: IngressServiceError) -> FailureKind:
    return "internal" if error.kind in ("wrong", "refused") else "unreachable"
