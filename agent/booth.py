"""One watched source in one room, with all that is published for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Literal

from livekit import rtc
from livekit.rtc.room import EventTypes

from agent.alerts.alerts import Alerts
from agent.clock.delay import Delay, ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.pacer import BoothPacer
from agent.clock.remembered import RememberedTimes
from agent.clock.unix_clock import UnixClock
from agent.commentator.commentator import Commentator
from agent.commentator.engine.client import EngineClient
from agent.commentator.engine.second_engine import with_second
from agent.commentator.frames import I420, FrameEncoder
from agent.commentator.line import Line
from agent.commentator.voice.choice import VoiceChoice
from agent.commentator.voice.speaker import Speaker
from agent.hearing.hearing import Hearing
from agent.hearing.stt import SttChoice
from agent.picture.delayed_track import DelayedTrack
from agent.picture.picture import Picture
from agent.picture.source import Source
from agent.picture.source_health import LAST_PICTURES, SourceHealth
from agent.picture.window_feed import WindowFeed
from agent.room.audience import Audience, is_watched, people
from agent.room.chosen import Chosen
from agent.room.control import Control
from agent.room.line_feed import LineFeed
from agent.room.questions.question import Question
from agent.room.questions.questions import Questions
from agent.room.room_settings import options
from agent.room.status import Status, StatusBoard
from agent.sound.captions import Captions
from agent.sound.commentary import Commentary
from agent.sound.original_track import OriginalTrack
from config.room_state import RoomState
from config.settings import RoomSettings, Settings
from config.tasks import Tasks
from video.encoder import Codec
from vision.weights import find

log = logging.getLogger("pressbox.booth")

TICK = 0.5

STILL = 5.0
"""Seconds without anything worth a line after which the status says so."""

REMEMBER_EVERY = 300.0
"""Seconds between two times at which the engine's ready times are saved."""

Pace = Literal["commentate", "finish", "rest"]


class Booth:
    """Wires source, hold, clock, voice and the room's texts together, and owns them."""

    def __init__(
        self,
        room: rtc.Room,
        settings: Settings,
        chosen: Chosen,
        *,
        state: RoomState,
    ) -> None:
        self._room = room
        self._problem = "; ".join(chosen.problems)
        self._full = full = chosen.settings.effective()
        self._has_key = bool(settings.room_key.get_secret_value())
        self._board = StatusBoard(room)
        tell = self._board.tell
        self.clock, unix = DisplayClock(0.0), UnixClock()
        self._unix = unix
        self._times = ReadyTimes()
        self._remembered = RememberedTimes(settings.state_dir, _engine_name(settings, full))
        self._delayed = DelayedTrack(
            room, self.clock, unix, codec=self._codec(full), bitrate=full.video_bitrate, tell=tell
        )
        self._delay = Delay(
            self.clock,
            self._times,
            chosen=_chosen(full),
            first=full.stream_delay_init,
            longest=full.delay_max,
            on_jump=self._delayed.skip_to_display,
        )
        self._pacer = BoothPacer(self.clock, self._delay, self._times, pause=full.tts_pause_after)
        first = EngineClient(
            settings.engine_url,
            api=settings.engine_api,
            api_key=settings.engine_api_key.get_secret_value(),
            model=settings.engine_model,
        )
        self._client = with_second(first, settings)
        self.commentator: Commentator[I420] = Commentator(
            client=self._client,
            speaker=Speaker(VoiceChoice(settings.tts, settings.tts_options)),
            pacer=self._pacer,
            options=options(chosen.settings, room.name),
            encode=FrameEncoder(find(settings.detector)).sample,
        )
        self.commentator.observe(engine_state=lambda _: self._look(), notice=tell)
        self._commentary = Commentary(room, self.commentator, tell=tell)
        self._captions = Captions(room, lambda: self._commentary.sid, tell=tell)
        self._lines = LineFeed(room, self.clock, unix, tell)
        for changed in (self._captions.changed, self._lines.changed, lambda _: self._look()):
            self.commentator.lines.listen(changed)
        self._original = OriginalTrack(room, self.clock, tell=tell)
        self._feed = WindowFeed(self.commentator.push)
        self._source = Source(
            room,
            on_picture=self._on_picture,
            on_model_picture=self._feed.second,
            on_sound=self._original.push,
            on_change=self._source_changed,
            tell=tell,
            has_key=self._has_key,
        )
        self._health = SourceHealth(
            room,
            self._source,
            unix,
            show=self._delayed.push,
            on_lost=self._look,
            on_back=self.commentator.reset_window,
            tell=tell,
        )
        self._questions = Questions(
            room,
            self.commentator,
            self.clock,
            ask=self._ask,
            say=self.commentator.say,
            silence=self.commentator.silence,
            order=lambda text, asker: (
                self._alerts.order(text, asker) or self._control.order(text, asker)
            ),
            tell=tell,
        )
        self._control = Control(
            room,
            chosen,
            state,
            apply=self._apply,
            silence=self.commentator.interrupt,
            tell=tell,
        )
        self._hearing = Hearing(
            room,
            full,
            SttChoice(settings.stt, settings.stt_options),
            engine_hears=lambda: self._client.hears,
            put=self._questions.put,
            refuse=self._questions.refuse,
            talking=self._talks,
            watched=lambda: self._source.identity,
            has_key=self._has_key,
            tell=tell,
        )
        self.commentator.lines.listen(self._hearing.echo.changed)
        self._talking: set[str] = set()
        self._alerts = Alerts(
            room,
            self.commentator,
            unix,
            settings,
            rules=full.rules,
            source=lambda: self._source.identity,
            heard=lambda: self._board.status.watching,
            rests=self._why_no_judgement,
            change=lambda changes, by: self._control.change(changes, by),
            tell=tell,
        )
        self._audience = Audience(full.idle_after, time.monotonic())
        self._tasks = Tasks(tell)
        self._heard: tuple[tuple[EventTypes, Callable[..., None]], ...] = (
            ("reconnected", self._board.forget),
            ("participant_attributes_changed", self._health.look),
            ("participant_connected", lambda _: self._look()),
        )
        self._pace: Pace | None = None
        self._closing = AsyncExitStack()
        self._closed = False

    @property
    def status(self) -> Status:
        """What a viewer is told at the moment."""
        return self._board.status

    async def start(self) -> None:
        """Publish, listen and begin to watch."""
        for ready in await asyncio.to_thread(self._remembered.load):
            self._times.add(ready)
        self._look()
        close = self._closing.push_async_callback
        close(self._client.aclose)
        for part in (
            self._board,
            self._lines,
            self._captions,
            self._delayed,
            self._original,
            self.commentator,
            self._commentary,
            self._questions,
            self._control,
            self._hearing,
            self._alerts,
            self._health,
        ):
            close(part.aclose)
            part.start()
        close(self._source.aclose)
        self._source.start(self._full.source)
        for event, heard in self._heard:
            self._room.on(event, heard)
            self._closing.callback(self._room.off, event, heard)
        close(self._tasks.aclose)
        self._tasks.keep("the watch", self._watch)
        self._tasks.keep("the memory of the engine", self._remember)

    async def aclose(self) -> None:
        """End everything that the booth started, and wait for it. Idempotent."""
        if self._closed:
            return
        self._closed = True
        log.info(
            "the booth closes; too late: %d lines, left out: %d pictures, refused: %d",
            self._pacer.late,
            self._delayed.left_out,
            self._delayed.refused,
        )
        await self._closing.aclose()
        await self._save_times()

    # pictures

    def _on_picture(self, picture: Picture) -> None:
        self._health.seen(picture)
        self._delayed.push(picture)
        self._feed.main(picture)

    def _source_changed(self, identity: str) -> None:
        """Another source: what is held of the old one is still shown; the window must not mix the
        two.
        """
        if self._health.changed(identity):
            self._feed.reset()
            self.commentator.reset_window()
            self._alerts.forget()

    # questions and orders

    def _ask(self, question: Question, instructions: str) -> Line:
        self._audience.spoke(time.monotonic())
        lost = LAST_PICTURES if self._health.lost else ""
        return self.commentator.ask(
            question.text,
            f"{instructions} {lost}".strip(),
            question.sound,
            asker=question.asker,
            seen=question.seen,
            line_id=question.id,
        )

    def _talks(self, identity: str, on: bool) -> None:
        """Somebody begins to ask aloud, or has done so: nobody talks over it."""
        self._audience.spoke(time.monotonic())
        if on:
            self._talking.add(identity)
            self.commentator.silence()
        else:
            self._talking.discard(identity)
        self._look()

    def _apply(self, settings: RoomSettings) -> None:
        """Go by these settings from now on."""
        before, full = self._full, settings.effective()
        self._full, self._problem = full, ""
        self._delay.choose(
            _chosen(full),
            first=full.stream_delay_init,
            longest=full.delay_max,
            now=time.monotonic(),
        )
        self._pacer.breathe(full.tts_pause_after)
        self.commentator.update_options(options(settings, self._room.name))
        self._delayed.set_bitrate(full.video_bitrate)
        self._delayed.set_codec(self._codec(full))
        self._audience.idle_after = full.idle_after
        self._alerts.use(full.rules)
        self._hearing.listen(full)
        if full.source != before.source:
            self._source.want(full.source)
        self._look()

    def _codec(self, full: RoomSettings) -> Codec:
        """LiveKit's encryption leaves little of H.264 that was encoded before."""
        return "vp8" if self._has_key else full.video_codec

    # state

    async def _watch(self) -> None:
        """Keep pacing and status true to what goes on."""
        while True:
            self._look()
            await asyncio.sleep(TICK)

    def _look(self) -> None:
        now = time.monotonic()
        watched = is_watched(people(self._room), self._source.identity)
        worth_it = self._audience.update(watched, now)
        trouble = self._health.trouble(now)
        self._alerts.lost(self._health.lost)
        paused = "" if worth_it else "nobody is watching"
        if paused != self._board.status.paused:
            log.info("commentary rests: %s", paused) if paused else log.info("somebody is watching")
        mode = self._control.mode
        self._delay.watched, self._delay.shown = watched, self._delayed.published
        if self._delay.unseen:
            self._delay.steer(now)
        rests = mode == "idle" or not worth_it or bool(self._talking)
        self._go_on("rest" if rests else "finish" if trouble else "commentate")
        engine = self.commentator.engine_state
        self._board.status = Status(
            mode=mode,
            profile=self._full.profile,
            preset=self._full.preset,
            focus=self._full.focus,
            length=self._full.length,
            language=self._full.language,
            schedule=self._full.schedule,
            source=self._source.identity,
            lost=self._health.lost,
            delay=self.clock.delay(now),
            behind=self._pacer.behind,
            still_since=self._still_since(now),
            repeats=self.commentator.repeats.held_back,
            engine="starting" if engine is None else "up" if engine.up else "down",
            watching=watched,
            paused=paused,
            agent_state=self._agent_state,
            trouble=trouble,
            engine_trouble="" if engine is None else engine.reason,
            remark=self._health.remark,
            problems=self._problem,
        )

    def _why_no_judgement(self) -> str:
        """Why no rule is judged by the engine now, "" where one may be."""
        status = self._board.status
        if status.lost or status.engine != "up":
            return "the source gives no picture" if status.lost else "the engine is not up"
        return "the engine is behind" if status.behind else ""

    def _still_since(self, now: float) -> int:
        """Unix seconds since when nothing was worth a line, 0 while something is."""
        since = self.commentator.occasions.nothing_since
        still = since is not None and now - since >= STILL
        return round(self._unix.seconds(since)) if since is not None and still else 0

    def _go_on(self, pace: Pace) -> None:
        """commentate; finish: what is ready may still be said, since it is true of what is shown;
        rest: nothing more is said.
        """
        if pace == self._pace:
            return
        self._pace = pace
        if pace == "commentate":
            self.commentator.resume()
        else:
            self.commentator.pause(unheard=pace == "rest" or not self._delay.in_sync)

    @property
    def _agent_state(self) -> str:
        """As LiveKit's own agents have it."""
        lines = list(self.commentator.lines)
        if any(line.state == "playing" and not line.text_only for line in lines):
            return "speaking"
        return "thinking" if any(line.kind == "answer" for line in lines) else "listening"

    async def _remember(self) -> None:
        while True:
            await asyncio.sleep(REMEMBER_EVERY)
            await self._save_times()

    async def _save_times(self) -> None:
        if self._times:
            await asyncio.to_thread(self._remembered.save, self._times.seconds)


def _chosen(full: RoomSettings) -> float | None:
    """The delay that somebody chose, None for what the engine needs."""
    return None if full.delay == "auto" else full.delay


def _engine_name(settings: Settings, full: RoomSettings) -> str:
    """What ready times depend on."""
    parts = (settings.engine_url, settings.engine_model, settings.tts, full.frames_per_inference)
    second = (settings.second_engine_url, settings.second_engine_model)
    return " ".join(map(str, (*parts, *second))).rstrip()
