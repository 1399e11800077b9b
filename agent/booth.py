"""One watched source in one room, with all that is published for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

from livekit.plugins.pressbox.commentator import I420, Commentator
from livekit.rtc.room import EventTypes

from agent.alerts.alerts import Alerts
from agent.clock.delay import Delay, ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.pacer import BoothPacer
from agent.clock.remembered import RememberedTimes, engine_name
from agent.clock.unix_clock import UnixClock
from agent.engine.engines import Engines
from agent.engine.second_engine import with_second
from agent.hearing.hearing import Hearing
from agent.hearing.stt import Recogniser
from agent.metrics import BoothMetrics
from agent.picture.delayed_track import DelayedTrack
from agent.picture.frame_encoder import FrameEncoder
from agent.picture.picture import Picture
from agent.picture.source_health import LAST_PICTURES, SourceHealth
from agent.picture.window_feed import WindowFeed
from agent.room.catch_up import CatchUp
from agent.room.chosen import Chosen, options
from agent.room.control import Control
from agent.room.line_feed import LineFeed
from agent.room.note import NoteRpc
from agent.room.questions.questions import Questions
from agent.room.status import Status, StatusBoard
from agent.room.watchers import Watchers
from agent.sound.captions import Captions
from agent.sound.commentary import Commentary
from agent.sound.original_track import OriginalTrack
from agent.surroundings import Surroundings
from agent.voice.choice import VoiceChoice
from agent.voice.speaker import Speaker
from agent.watch import Watch
from config.room_state import RoomState
from config.settings import RoomSettings, Settings
from config.tasks import Tasks
from video.encoder import Codec
from vision.tracker import Tracker
from vision.weights import find

log = logging.getLogger("pressbox.booth")


class Booth:
    """Wires source, hold, clock, voice and the room's texts together, and owns them."""

    _alerts: Alerts
    _watch: Watch

    def __init__(
        self, at: Surroundings, settings: Settings, chosen: Chosen, *, state: RoomState
    ) -> None:
        self._room = room = at.room
        self._turn = at.turn
        self._full = full = chosen.settings.effective()
        self._has_key = bool(settings.room_key.get_secret_value())
        self._board = StatusBoard(room, at.turn)
        tell = self._board.tell
        self.clock, unix = DisplayClock(0.0), UnixClock()
        self._times = ReadyTimes()
        self._remembered = RememberedTimes(settings.state_dir, engine_name(settings, full))
        self._delayed = DelayedTrack(
            room,
            at.picture,
            self.clock,
            unix,
            codec=self._codec(full),
            bitrate=full.video_bitrate,
            tell=tell,
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
        first = Engines(
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
            tracker=Tracker(),
        )
        self.commentator.observe(engine_state=lambda _: self._watch.look(), notice=tell)
        self._commentary = Commentary(at.sound, self.commentator, turn=at.turn, tell=tell)
        self._captions = Captions(room, lambda: self._commentary.sid, tell=tell)
        self._lines = LineFeed(room, self.clock, unix, tell)
        self.metrics = BoothMetrics(self.clock)
        told = (self._captions.changed, self._lines.changed, self.metrics.changed)
        for changed in (*told, lambda _: self._watch.look()):
            self.commentator.lines.listen(changed)
        self._original = OriginalTrack(room, at.sound, self.clock, tell=tell)
        self._rpc = NoteRpc(room, self.commentator.note), CatchUp(room, self._lines, self._captions)
        self._feed = WindowFeed(self.commentator.push)
        self._source = at.source(
            on_picture=self._on_picture,
            on_model_picture=self._feed.second,
            on_sound=self._original.push,
            on_change=self._source_changed,
            tell=tell,
        )
        self._health = SourceHealth(
            self._source,
            unix,
            show=self._delayed.push,
            on_lost=lambda: self._watch.look(),
            on_back=self.commentator.reset_window,
            tell=tell,
        )
        self._questions = Questions(
            room,
            self.commentator,
            self.clock,
            remark=lambda: LAST_PICTURES if self._health.lost else "",
            order=self._order,
            count=self.metrics.over,
            tell=tell,
        )
        self._control = Control(
            room, chosen, state, apply=self._apply, silence=self.commentator.interrupt, tell=tell
        )
        self._hearing = Hearing(
            room,
            full,
            Recogniser(settings.stt, settings.stt_options),
            engine_hears=lambda: self._client.hears,
            put=lambda who, text, sound, at: self._questions.put(who, text, sound=sound, at=at),
            refuse=self._questions.refuse,
            talking=lambda identity, on: self._watch.talks(identity, on),
            watched=lambda: self._source.identity,
            has_key=self._has_key,
            tell=tell,
        )
        self.commentator.lines.listen(self._hearing.echo.changed)
        self._alerts = Alerts(
            room,
            self.commentator,
            unix,
            settings,
            rules=full.rules,
            source=lambda: self._source.identity,
            heard=lambda: self._board.status.watching,
            rests=lambda: self._watch.why_no_judgement,
            change=lambda changes, by: self._control.change(changes, by),
            tell=tell,
        )
        self._watchers = Watchers(room)
        self._watch = Watch(
            self._board,
            self.commentator,
            self._source,
            self._health,
            self._delayed,
            self._control,
            clock=self.clock,
            delay=self._delay,
            pacer=self._pacer,
            unix=unix,
            seen=lambda source: self._watchers.count(at.people(), source),
            lost=self._alerts.lost,
            problem="; ".join(chosen.problems),
        )
        self._tasks = Tasks(tell)
        self._heard: tuple[tuple[EventTypes, Callable[..., None]], ...] = (
            ("reconnected", self._board.forget),
            ("participant_attributes_changed", self._health.look),
            ("participant_connected", lambda _: self._watch.look()),
        )
        self._closing, self._closed = AsyncExitStack(), False

    @property
    def status(self) -> Status:
        """What a viewer is told at the moment."""
        return self._board.status

    async def start(self) -> None:
        """Publish, listen and begin to watch."""
        for ready in await asyncio.to_thread(self._remembered.load):
            self._times.add(ready)
        self._watch.look()
        close = self._closing.push_async_callback
        close(self._client.aclose)
        for part in (
            self._turn,
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
            *self._rpc,
            self._alerts,
            self._watchers,
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
        self._tasks.keep("the watch", self._watch.run)
        remember = partial(self._remembered.keep, lambda: self._times.seconds)
        self._tasks.keep("the memory of the engine", remember)
        counted = self._board, self._questions.queue, self.commentator, self._delayed
        self._tasks.keep("the metrics", partial(self.metrics.keep, *counted))

    async def finish(self) -> None:
        """Let the running line end, and none follow it."""
        await self._commentary.finish()

    async def aclose(self) -> None:
        """End everything that the booth started, and wait for it. Idempotent."""
        if self._closed:
            return
        self._closed = True
        log.info(
            "the booth closes; too late: %d lines, left out: %d pictures, refused: %d",
            *(self._pacer.late, self._delayed.left_out, self._delayed.refused),
        )
        await self._closing.aclose()
        await asyncio.to_thread(self._remembered.save, self._times.seconds)

    # pictures

    def _on_picture(self, picture: Picture) -> None:
        self._health.seen(picture)
        self._delayed.push(picture)
        self._feed.main(picture)

    def _source_changed(self, identity: str) -> None:
        """What is held of the old one is still shown; the window must not mix the two."""
        if self._health.changed(identity):
            self._feed.reset()
            self.commentator.reset_window()
            self._alerts.forget()

    # orders

    def _order(self, text: str, asker: str) -> str | None:
        self._watch.spoke()
        return self._alerts.order(text, asker) or self._control.order(text, asker)

    def _apply(self, settings: RoomSettings) -> None:
        """Go by these settings from now on."""
        before, full = self._full, settings.effective()
        self._full = full
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
        self._alerts.use(full.rules)
        self._hearing.listen(full)
        if full.source != before.source:
            self._source.want(full.source)
        self._watch.use(full)

    def _codec(self, full: RoomSettings) -> Codec:
        """LiveKit's encryption leaves little of H.264 that was encoded before."""
        return "vp8" if self._has_key else full.video_codec


def _chosen(full: RoomSettings) -> float | None:
    """The delay that somebody chose, None for what the engine needs."""
    return None if full.delay == "auto" else full.delay
