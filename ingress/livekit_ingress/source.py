"""A source through the service: created, watched, and created anew when it ends. What the service
does not pull by itself, mediamtx pulls and pushes to it as it comes.

What the service says of itself is not enough: it goes on calling a stream published from which no
picture comes any more. So a hidden viewer looks in now and then. What is not seen is a picture that
comes and never changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from livekit import api
from livekit.protocol.models import TrackType

from config.settings import Settings
from config.source_spec import SourceSpec
from config.tasks import FIRST_WAIT, Tasks
from ingress.backoff import Backoff
from ingress.lifecycle import Lifecycle
from ingress.livekit_ingress.eye import moving
from ingress.livekit_ingress.service import (
    ERRORS,
    START,
    Ingress,
    IngressServiceError,
    connected,
    listed,
    request,
    translated,
)
from ingress.pushes.media_server import MediaServer
from ingress.reader.messages import FailureKind
from ingress.report import ATTRIBUTE, SourceReport, log_change

OURS = "pressbox-source:"
"""How the name of an ingress begins that the service of sources made, and unmakes."""

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
"""Seconds between two looks into the room, each of which costs a keyframe."""

_PUSHED = ("rtsp", "rtmp")
"""Kinds of addresses that mediamtx pulls, and pushes to the service."""

Eye = Callable[[], Awaitable[bool | None]]
"""Whether pictures come; None where that cannot be seen."""

Ending = tuple[FailureKind, str]

_SAID: tuple[tuple[tuple[str, ...], FailureKind, str], ...] = (
    (("unauthorized", "forbidden", "401", "403"), "auth", "the source refuses the credentials"),
    (("not found", "404"), "not_found", "the source has no such stream"),
    (("mime", "unsupported", "decode"), "codec", "LiveKit Ingress does not take such a stream"),
    (("could not connect", "refused", "resolve"), "unreachable", "the source cannot be reached"),
    (("capacity",), "internal", "LiveKit Ingress is too busy for one more"),
)


class LiveKitIngressSource:
    """A `RoomSource` that is a URL ingress, or an RTMP one that is pushed to."""

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
        self._spec, self._settings = spec, settings
        self._room = spec.room or settings.room
        self._name = f"{OURS}{spec.name}"
        self._base = SourceReport(spec.name, self._room, spec.address.safe, spec.via)
        self._last: SourceReport | None = None
        self._told, self._shown = "", False
        self._tasks = Tasks(self._broke)
        self._woken = asyncio.Event()
        self._backoff = Backoff()
        self._seen: Ingress | None = None
        self._first: float | None = None
        self._picture = now
        self._closed = False
        self._life = Lifecycle(now)

    def report(self) -> SourceReport:
        """How it is, as far as the service tells."""
        report, seen = self._life.report(self._base), self._seen
        if seen is None:
            return report
        return replace(
            report,
            codec=seen.codec,
            sound=seen.sound,
            width=seen.width,
            height=seen.height,
            fps=seen.fps,
            way="transcoded",
            why="LiveKit Ingress encodes it anew",
        )

    def start(self) -> None:
        """Begin; called once."""
        self._tasks.keep("what LiveKit Ingress is asked for", self._run)

    def wake(self) -> None:
        """Try at once what is waiting."""
        self._backoff.reset()
        self._woken.set()

    async def aclose(self) -> None:
        """Deletes the ingress. Idempotent."""
        await self._tasks.aclose()
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(IngressServiceError):
            async with connected(self._settings) as lkapi:
                await self._clear(lkapi)
        self._life.stopped("", time.monotonic())
        self._changed()

    async def _run(self) -> None:
        while True:
            self._life.attempt(time.monotonic())
            self._first, self._picture = None, time.monotonic()
            self._changed()
            kind, text = await self._attempt()
            lived = 0.0 if self._first is None else max(self._picture - self._first, 1e-3)
            wait = self._backoff.wait(kind, lived)
            self._life.failed(kind, text, time.monotonic(), wait=wait)
            self._changed()
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _attempt(self) -> Ending:
        """One ingress from its making to its end, which says why."""
        try:
            wanted = request(
                "rtmp" if self._media else "url",
                room=self._room,
                name=self._name,
                identity=self._spec.name,
                url=self._spec.address.url,
            )
            async with connected(self._settings) as lkapi:
                await self._clear(lkapi)
                made = await lkapi.ingress.create_ingress(wanted)
                async with self._pushed_to(made):
                    return await self._watch(lkapi)
        except IngressServiceError as error:
            return "internal" if error.kind in ("wrong", "refused") else "unreachable", str(error)

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

    async def _watch(self, lkapi: api.LiveKitAPI) -> Ending:
        answered, glanced = time.monotonic(), 0.0
        self._moving = None
        while True:
            await asyncio.sleep(LOOK)
            now = time.monotonic()
            try:
                found = [one for one in await listed(lkapi, self._room) if one.name == self._name]
                shown = await self._look(lkapi)
            except ERRORS as error:
                if now - answered > UNANSWERED:
                    raise translated(error) from None
                continue
            answered = now
            if not found:
                return "ended", "the ingress was deleted"
            self._seen = found[0]
            if not shown:
                self._moving = None
            elif not self._moving or now > glanced + GLANCE:
                self._moving = await self._eye()
                glanced = now = time.monotonic()
            over = self._over(found[0], now)
            self._changed()
            if over:
                return over

    async def _look(self, lkapi: api.LiveKitAPI) -> bool:
        """Whether there is a picture in the room; where there is, tells the room how it is."""
        identity = self._spec.name
        who = api.RoomParticipantIdentity(room=self._room, identity=identity)
        try:
            participant = await lkapi.room.get_participant(who)
        except api.TwirpError as error:
            if error.code != "not_found":
                raise
            self._told = ""
            self._shown = False
            return False
        was, tracks = self._shown, participant.tracks
        self._shown = any(track.type == TrackType.VIDEO and not track.muted for track in tracks)
        if not was or not self._shown:  # what is known is not yet of this one
            return self._shown
        # Not for every change of the rate: each is a message to all in the room.
        said = replace(self._last or self._base, fps=0.0).attribute()
        if said != self._told:
            attributes = {ATTRIBUTE: (self._last or self._base).attribute()}
            await lkapi.room.update_participant(
                api.UpdateParticipantRequest(
                    room=self._room, identity=identity, attributes=attributes
                )
            )
            self._told = said
        return True

    async def _clear(self, lkapi: api.LiveKitAPI) -> None:
        """Deletes what is there under our name, also from a run that was killed."""
        for one in await listed(lkapi, self._room):
            if one.name == self._name:
                await lkapi.ingress.delete_ingress(api.DeleteIngressRequest(ingress_id=one.id))

    async def _glance(self) -> bool | None:
        """One look; a viewer who gets no answer keeps the last one."""
        seen = await moving(self._settings, self._room, self._spec.name)
        return self._moving if seen is None else seen

    def _over(self, seen: Ingress, now: float) -> Ending | None:
        if seen.state in ("error", "complete"):
            return explained(seen)
        if seen.state == "publishing" and self._moving:
            self._first = self._first or now
            self._picture = now
            self._life.picture(now)
            return None
        silent = now - self._picture
        if self._first is None:
            said = self._media.trouble if self._media else ""
            said = said or f"LiveKit Ingress shows no picture within {silent:.0f} s"
            return ("no_answer", said) if silent > FIRST_PICTURE else None
        if silent > self._spec.stall_after:
            self._life.stalled(f"no picture in the room for {silent:.0f} s", now)
        limit = max(MISSING, self._spec.stall_after + BEHIND_STALL)
        return ("no_answer", f"no picture for {silent:.0f} s") if silent > limit else None

    def _broke(self, text: str) -> None:
        self._life.failed("internal", text, time.monotonic(), wait=FIRST_WAIT)
        self._changed()

    def _changed(self) -> None:
        report, last = self.report(), self._last
        if report != last:
            self._last = report
            log_change(last, report)


def explained(seen: Ingress) -> Ending:
    """Why the service has given up, from what it says."""
    said = seen.error.lower()
    if seen.state == "complete" and not said:
        return "ended", "the source is over"
    for words, kind, text in _SAID:
        if any(word in said for word in words):
            return kind, text
    return "protocol", "LiveKit Ingress could not go on with it"
