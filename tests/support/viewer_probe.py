"""A real subscriber that writes down when it saw, heard and read what."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from livekit import rtc

from agent.picture.frame_stream import FrameStream
from tests.support import burnt_clock
from tests.support.onsets import Burst, BurstDetector
from tests.support.records import Caption, LineMessage, SeenFrame
from tests.support.sample_clock import SampleClock

RATE = 48_000
FRAMES_KEPT = 200_000
JOIN_TIMEOUT = 15.0
GREY, EACH = 128, 37
"""The chroma of grey, and how many values stand for one in a frame's means."""


class ViewerProbe:
    """Joins a room as a viewer and records; made by `watching`.

    Everything recorded is public: frames of the track `picture`, bursts of the track `sound` (an
    open burst is not in yet), line messages, captions, attribute changes, and what was wrong.
    """

    def __init__(self, room: rtc.Room, *, picture: str | None, sound: str | None) -> None:
        self.room = room
        self.frames: list[SeenFrame] = []
        self.bursts: list[Burst] = []
        self.lines: list[LineMessage] = []
        self.captions: list[Caption] = []
        self.attributes: list[tuple[float, str, dict[str, str]]] = []
        self.wrong: list[str] = []
        self.unix_offset = time.time() - time.monotonic()
        """Unix time minus monotonic time, when the probe was made."""
        self._picture, self._sound = picture, sound
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: dict[str, asyncio.Task[None]] = {}
        self._leaving = False
        self._news = asyncio.Condition()
        room.on("track_published", self._track_published)
        room.on("track_subscribed", self._track_subscribed)
        room.on("track_unsubscribed", self._track_unsubscribed)
        room.on("participant_attributes_changed", self._attributes_changed)
        room.on("participant_connected", self._came)
        room.on("participant_disconnected", self._went)
        room.register_text_stream_handler("pressbox.line", self._on_line)
        room.register_text_stream_handler("lk.transcription", self._on_caption)

    def __str__(self) -> str:
        return (
            f"{len(self.frames)} frames, {len(self.lines)} lines, {len(self.captions)} captions, "
            f"bursts {[(round(b.start, 2), round(b.end, 2)) for b in self.bursts[-20:]]}, "
            f"attributes {self.attributes[-1:]}, wrong {self.wrong}"
        )

    async def join(self, url: str, token: str) -> None:
        """Joins; subscribes to the wanted tracks and to no others."""
        options = rtc.RoomOptions(auto_subscribe=False)
        await asyncio.wait_for(self.room.connect(url, token, options), JOIN_TIMEOUT)
        for participant in self.room.remote_participants.values():
            self.attributes.append(
                (time.monotonic(), participant.identity, dict(participant.attributes))
            )
            for publication in participant.track_publications.values():
                self._track_published(publication, participant)

    @property
    def agent(self) -> rtc.RemoteParticipant | None:
        """The agent participant, if there is one in the room."""
        people = self.room.remote_participants.values()
        kind = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        return next((one for one in people if one.kind == kind), None)

    async def until(self, true: Callable[[], bool], *, timeout: float, what: str = "") -> None:
        """Waits until `true()`, asked after everything that comes in. Raises AssertionError."""
        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(true)
        except TimeoutError:
            raise AssertionError(f"not within {timeout} s: {what or true}; {self}") from None

    async def ask(self, text: str) -> float:
        """Sends a question over `lk.chat`; gives the time at which it left."""
        left = time.monotonic()
        await self.room.local_participant.send_text(text, topic="lk.chat")
        return left

    async def call(self, method: str, payload: str, *, timeout: float = 5) -> str:
        """Calls an RPC method of the agent. Raises rtc.RpcError, or RuntimeError without agent."""
        if self.agent is None:
            raise RuntimeError("no agent in the room")
        return await self.room.local_participant.perform_rpc(
            destination_identity=self.agent.identity,
            method=method,
            payload=payload,
            response_timeout=timeout,
        )

    async def aclose(self) -> None:
        """Leaves and ends every task. Idempotent."""
        self._leaving = True
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.room.disconnect()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # What was still coming in when we left breaks off, and that is nothing wrong.
        if not task.cancelled() and (error := task.exception()) and not self._leaving:
            self.wrong.append(f"{task.get_name()}: {error!r}")

    def _track_published(
        self, publication: rtc.RemoteTrackPublication, _: rtc.RemoteParticipant
    ) -> None:
        if publication.name in (self._picture, self._sound):
            publication.set_subscribed(True)

    def _track_subscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, _: rtc.RemoteParticipant
    ) -> None:
        if publication.name == self._picture:
            self._streams[track.sid] = self._spawn(self._watch(track), "probe.watch")
        elif publication.name == self._sound:
            self._streams[track.sid] = self._spawn(self._listen(track), "probe.listen")

    def _track_unsubscribed(
        self, track: rtc.Track, _: rtc.RemoteTrackPublication, __: rtc.RemoteParticipant
    ) -> None:
        # A stream does not end with its track, and is given what other streams get.
        if task := self._streams.pop(track.sid, None):
            task.cancel()

    def _attributes_changed(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        self.attributes.append((time.monotonic(), participant.identity, dict(changed)))
        self._spawn(self._tell(), "probe.tell")

    def _came(self, participant: rtc.RemoteParticipant) -> None:
        """Who comes back with attributes that it had before tells of no change."""
        self._attributes_changed(dict(participant.attributes), participant)

    def _went(self, _: rtc.RemoteParticipant) -> None:
        self._spawn(self._tell(), "probe.tell")

    def _on_line(self, reader: rtc.TextStreamReader, _: str) -> None:
        self._spawn(self._read_line(reader, time.monotonic()), "probe.line")

    def _on_caption(self, reader: rtc.TextStreamReader, _: str) -> None:
        self._spawn(self._read_caption(reader), "probe.caption")

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _watch(self, track: rtc.Track) -> None:
        stream = FrameStream(track)
        try:
            async for event in stream:
                self._see(event, time.monotonic())
                await self._tell()
        finally:
            await asyncio.shield(stream.aclose())

    def _see(self, event: rtc.VideoFrameEvent, received: float) -> None:
        frame, metadata = event.frame, event.metadata
        planes = np.frombuffer(frame.data, np.uint8)
        luma, chroma = np.split(planes, [frame.width * frame.height])
        stamp = (
            metadata.user_timestamp if metadata and metadata.HasField("user_timestamp") else None
        )
        number = metadata.frame_id if metadata and metadata.HasField("frame_id") else None
        seen = SeenFrame(
            received=received,
            user_timestamp=stamp,
            frame_id=number,
            width=frame.width,
            height=frame.height,
            burnt=burnt_clock.read(luma.reshape(frame.height, frame.width)),
            light=float(luma[::EACH].mean()),
            colour=float(np.abs(chroma[::EACH].astype(np.int16) - GREY).mean()),
        )
        if len(self.frames) < FRAMES_KEPT:
            self.frames.append(seen)

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, capacity=200)
        clock, detector = SampleClock(RATE), BurstDetector(RATE)
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, np.int16)
                begin = clock.place(len(samples), time.monotonic())
                if found := detector.push(samples, begin):
                    self.bursts += found
                    await self._tell()
        finally:
            self.bursts += detector.flush()
            await asyncio.shield(stream.aclose())

    async def _read_line(self, reader: rtc.TextStreamReader, received: float) -> None:
        text = await reader.read_all()
        try:
            self.lines.append(LineMessage.parse(text, received))
        except (ValueError, KeyError, TypeError) as error:
            self.wrong.append(f"pressbox.line {text!r}: {error!r}")
        await self._tell()

    async def _read_caption(self, reader: rtc.TextStreamReader) -> None:
        attributes = dict(reader.info.attributes or {})
        async for piece in reader:
            self.captions.append(
                Caption(time.monotonic(), reader.info.stream_id, piece, attributes)
            )
            await self._tell()


@asynccontextmanager
async def watching(
    url: str, token: str, *, picture: str | None = "delayed", sound: str | None = "commentary"
) -> AsyncIterator[ViewerProbe]:
    """A probe in the room of the token that records the tracks of these names; None for none."""
    probe = ViewerProbe(rtc.Room(), picture=picture, sound=sound)
    try:
        await probe.join(url, token)
        yield probe
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(probe.aclose(), 10)
