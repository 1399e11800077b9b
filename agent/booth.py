"""One watched source in one room, with all that is published for it."""

from __future__ import annotations

import asyncio
import logging
import time

from livekit import rtc
from livekit.agents import llm

from agent.clock.booth_pacer import BoothPacer
from agent.clock.display_clock import DisplayClock
from agent.clock.unix_clock import UnixClock
from agent.commentator.engine.health import EngineState
from agent.commentator.line import DropReason, Line, new_line
from agent.picture.delayed_track import DelayedTrack
from agent.picture.picture import Picture
from agent.picture.silence import Silence
from agent.picture.source import Source
from agent.picture.source_health import LAST_PICTURES, SourceHealth, ingress_states
from agent.picture.window_feed import WindowFeed
from agent.room.audience import Audience, is_watched, people
from agent.room.control import Control
from agent.room.line_feed import LineFeed
from agent.room.notice import Notice
from agent.room.questions import Questions
from agent.room.room_settings import model, options
from agent.room.status import Status, StatusBoard
from agent.sound.original_track import OriginalTrack
from agent.sound.voice import Voice
from config.room_state import RoomState
from config.settings import RoomSettings, Settings

log = logging.getLogger("pressbox.booth")

AUDIO_LAG = -0.03
"""Seconds by which sound is held longer than its picture; negative: it starts sooner.

Sound and picture take different ways to a viewer (buffers, decoders). Measured at a subscriber with
`make bench`: started together, sound came 0.035 s after its frame in the median.
"""

TICK = 0.5


class Booth:
    """Wires source, hold, clock, voice and the room's texts together, and owns them."""

    def __init__(
        self,
        room: rtc.Room,
        settings: Settings,
        room_settings: RoomSettings,
        *,
        state: RoomState,
        problems: list[str],
    ) -> None:
        """`problems`: what was wrong in the dispatch metadata, one line each, told in the
        status.
        """
        self._room = room
        self._settings = room_settings
        self._state = state
        self._problem = "; ".join(problems)
        self._notice = Notice()
        self._engine_reason = ""
        full = room_settings.effective()
        unix = UnixClock()
        first_delay = full.stream_delay_init if full.delay == "auto" else full.delay
        self._clock = DisplayClock(first_delay)
        self._pacer = BoothPacer(self._clock, pause=full.tts_pause_after, delay_max=full.delay_max)
        self._delayed = DelayedTrack(
            room, self._clock, unix, codec=full.video_codec, bitrate=full.video_bitrate
        )
        self._original = OriginalTrack(room, self._clock)
        self._lines = LineFeed(room, unix)
        self._board = StatusBoard(room)
        self._model = model(settings, room_settings, room.name, self._pacer)
        self._voice = Voice(
            room,
            self._model,
            self._pacer,
            audio_lag=AUDIO_LAG,
            on_started=self._line_started,
            on_ended=self._line_ended,
            on_state=self._agent_state,
        )
        self._silence = Silence(self._clock, self._pacer, lambda: self._voice.plugin)
        self._feed = WindowFeed(
            lambda frame, capture: self._voice.plugin.push_video(frame, capture_time=capture)
        )
        self._source = Source(
            room,
            on_picture=self._on_picture,
            on_model_picture=self._feed.second,
            on_sound=self._original.push,
            on_change=self._source_changed,
        )
        self._questions = Questions(room, answer=self._answer, refused=self._refuse_question)
        self._control = Control(room, current=lambda: self._settings, change=self._change)
        self._audience = Audience(full.idle_after, time.monotonic())
        self._health = SourceHealth(
            self._source,
            lambda: ingress_states(room),
            unix,
            show=self._delayed.push,
            on_lost=self._silence.begin,
            on_back=self._silence.end,
        )
        self._watch_task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def status(self) -> Status:
        """What a viewer is told at the moment."""
        return self._board.status

    async def start(self) -> None:
        """Publish, listen and begin to watch. Raises TimeoutError or PublishTrackError."""
        self._board.start()
        self._lines.start()
        self._delayed.start()
        self._original.start()
        await self._voice.start()
        self._voice.plugin.on("engine_state", self._engine_state)
        self._voice.plugin.on("engine_notice", self._notice.tell)
        self._voice.plugin.on("line_dropped", self._line_dropped)
        self._apply(self._settings)
        self._questions.start()
        self._control.start()
        self._room.on("reconnected", self._board.forget)
        self._room.on("participant_attributes_changed", self._health.look_now)
        self._source.start(self._settings.source)
        self._health.start()
        self._watch_task = asyncio.create_task(self._watch(), name="booth.watch")

    async def aclose(self) -> None:
        """End everything that the booth started, and wait for it. Idempotent."""
        if self._closed:
            return
        self._closed = True
        late, left_out = self._pacer.late, self._delayed.left_out
        log.info("the booth closes; too late: %d lines, left out: %d pictures", late, left_out)
        if self._watch_task:  # the last thing that `start` does: all before it has been started too
            self._watch_task.cancel()
            await asyncio.gather(self._watch_task, return_exceptions=True)
            self._room.off("reconnected", self._board.forget)
            self._room.off("participant_attributes_changed", self._health.look_now)
            self._control.close()
            await self._health.aclose()
            await self._source.aclose()
        await self._silence.aclose()
        await self._questions.aclose()
        await self._voice.aclose()
        await self._model.aclose()
        await self._delayed.aclose()
        await self._original.aclose()
        await self._lines.aclose()
        await self._board.aclose()

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
            self._voice.plugin.reset_window()

    # lines

    def _line_started(self, line: Line) -> None:
        self._lines.started(line, self._shown(line), spoken=self._spoken(line))

    def _line_ended(self, line: Line, dropped: str | None) -> None:
        self._lines.ended(line, self._shown(line), spoken=self._spoken(line), dropped=dropped)

    def _line_dropped(self, line: Line, reason: DropReason) -> None:
        if line.started_at is None:
            self._lines.ended(line, self._shown(line), spoken=False, dropped=reason)

    def _spoken(self, line: Line) -> bool:
        return self._settings.enable_tts and not line.text_only

    def _shown(self, line: Line) -> float:
        return self._clock.display_time(line.anchor)

    # questions and orders

    async def _answer(self, question: str, identity: str) -> None:
        self._audience.spoke(time.monotonic())
        try:
            await self._voice.ask(question, LAST_PICTURES if self._health.lost else "")
        except (TimeoutError, llm.RealtimeError) as error:
            self._notice.tell(f"the question of {identity} could not be answered: {error}")

    def _refuse_question(self, why: str) -> None:
        """A question that no engine was asked: whoever waits for the answer is told at once."""
        now = time.monotonic()
        line = new_line("answer", anchor=now, requested_at=now)
        self._lines.ended(line, now, spoken=False, dropped="refused")
        self._notice.tell(why)

    async def _change(self, changes: dict[str, object]) -> RoomSettings:
        """Apply what a person changed, and keep it for the next start. Raises SettingsError."""
        settings = self._settings.updated(changes)
        self._apply(settings)
        self._problem = ""
        try:
            await asyncio.to_thread(lambda: self._state.save(self._state.load() | changes))
        except OSError as error:
            self._notice.tell(
                f"the change holds, but a restart will not find it again: {error.strerror}"
            )
        return settings

    def _apply(self, settings: RoomSettings) -> None:
        full = settings.effective()
        before, self._settings = self._settings, settings
        self._pacer.configure(
            pause=full.tts_pause_after, delay_max=full.delay_max, automatic=full.delay == "auto"
        )
        self._voice.set_options(options(settings, self._room.name))
        self._delayed.set_bitrate(full.video_bitrate)
        self._audience.idle_after = full.idle_after
        if full.delay != before.delay:
            self._set_delay(full.stream_delay_init if full.delay == "auto" else full.delay)
        if full.source != before.source:
            self._source.want(full.source)

    def _set_delay(self, delay: float) -> None:
        """A delay that a person asked for is taken at once: slewing to it at 5 % could take
        minutes.
        """
        self._clock.jump_to(delay, time.monotonic())
        self._delayed.skip_to_display()

    # state

    def _engine_state(self, state: EngineState) -> None:
        self._board.status.engine = "up" if state.up else "down"
        self._engine_reason = "" if state.up else state.reason
        self._board.status.error = self._engine_reason

    def _agent_state(self, state: str) -> None:
        self._board.agent_state = state

    async def _watch(self) -> None:
        """Keep pacing and status true to what goes on."""
        while True:
            now = time.monotonic()
            watched = is_watched(people(self._room), self._source.identity)
            worth_it = self._audience.update(watched, now)
            trouble = self._health.trouble(now)
            idle = self._settings.mode == "idle"
            self._pacer.set_open(worth_it and not idle and not trouble)
            status = self._board.status
            paused = "" if worth_it else "nobody is watching"
            if paused != status.paused:
                log.info(
                    "%s", f"commentary rests: {paused}" if paused else "somebody is watching again"
                )
            status.mode = self._settings.mode
            status.profile = self._settings.profile
            status.preset = self._settings.preset
            status.source = self._source.identity
            status.delay = self._clock.delay(now)
            status.behind = self._pacer.behind
            status.watching = watched
            status.paused = paused
            status.lost = self._health.lost
            status.error = (
                trouble
                or self._engine_reason
                or self._notice.text
                or self._health.remark
                or self._problem
            )
            await asyncio.sleep(TICK)
