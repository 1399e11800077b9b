"""The booth's `AgentSession`: the plugin behind it, the commentary track and the captions before
it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, AgentSession

from agent.clock.booth_pacer import BoothPacer, reading_time
from agent.clock.waiting import sleep_until
from agent.commentator.line import Line
from agent.commentator.options import Options
from agent.plugin.realtime import RealtimeModel, RealtimeSession
from agent.sound.captions import Captions
from agent.sound.commentary_track import CommentaryTrack

log = logging.getLogger("pressbox.voice")

INTERRUPT_TIMEOUT = 3.0

_MISLEADING = "Text message received from Realtime API with audio modality"
"""LiveKit says this, as an error, of every line for which there is no voice. Why that is so, the
status says.
"""

logging.getLogger("livekit.agents").addFilter(
    lambda record: not str(record.msg).startswith(_MISLEADING)
)


class Voice:
    """Speaks and captions what the engine says, each line at its slot.

    `on_started(line)` and `on_ended(line, dropped)` are called on the event loop; `dropped` is a
    reason, or None for a line that was said to its end.
    """

    def __init__(
        self,
        room: rtc.Room,
        model: RealtimeModel,
        pacer: BoothPacer,
        *,
        audio_lag: float,
        on_started: Callable[[Line], None],
        on_ended: Callable[[Line, str | None], None],
        on_state: Callable[[str], None],
    ) -> None:
        """`audio_lag`: seconds by which sound is held longer than its picture, because it travels
        faster.
        """
        self._pacer = pacer
        self._on_started = on_started
        self._on_ended = on_ended
        self._audio_lag = audio_lag
        self._reading: tuple[asyncio.Task[None], Line] | None = None
        self._track = CommentaryTrack(
            room,
            start_time=self._audible_at,
            on_started=self._line_started,
            on_ended=self._line_ended,
        )
        self._captions = Captions(room, lambda: self._track.sid)
        pacer.on_unspoken = self._show
        # Nobody is listened to here: there is no microphone, and questions interrupt by themselves.
        self._session: AgentSession[None] = AgentSession(
            llm=model,
            turn_handling={
                "turn_detection": "manual",
                "interruption": {"mode": "vad", "resume_false_interruption": False},
            },
        )
        self._session.on("agent_state_changed", lambda event: on_state(event.new_state))
        self._agent = Agent(instructions="")
        self._plugin: RealtimeSession | None = None

    @property
    def plugin(self) -> RealtimeSession:
        """The plugin's session. Raises RuntimeError before `start`."""
        if self._plugin is None:
            raise RuntimeError("the voice has not been started")
        return self._plugin

    async def start(self) -> None:
        """Publish the track and start the session. Raises TimeoutError or PublishTrackError."""
        await self._track.start()
        self._session.output.audio = self._track
        await self._session.start(self._agent, record=False)
        plugin = self._agent.realtime_llm_session
        if not isinstance(plugin, RealtimeSession):
            raise RuntimeError(f"unexpected session {type(plugin).__name__}")
        self._plugin = plugin

    async def ask(self, question: str, instructions: str = "") -> None:
        """Fall silent, have the question answered, return when the answer has been heard.

        `instructions`: what else the engine should know, "" for nothing.
        """
        await asyncio.wait_for(self._session.interrupt(force=True), INTERRUPT_TIMEOUT)
        self._stop_reading(interrupted=True)
        await self._session.generate_reply(
            user_input=question, instructions=instructions or NOT_GIVEN
        )

    def set_options(self, options: Options) -> None:
        """Take new settings from the next request on; without speech, lines are captions only."""
        self._pacer.speaks = options.enable_tts
        self._session.output.set_audio_enabled(options.enable_tts)
        self.plugin.update_settings(options)

    async def aclose(self) -> None:
        """End the session and the track. Idempotent."""
        if self._reading:
            self._reading[0].cancel()
        await self._session.aclose()
        await self._captions.aclose()
        await self._track.aclose()

    def _audible_at(self, line: Line) -> float:
        return self._pacer.start_time(line) + (self._audio_lag if line.kind != "answer" else 0.0)

    def _show(self, line: Line) -> None:
        """A line that is not spoken lasts as long as reading it takes."""
        self._line_started(line)
        line.started_at = line.started_at or time.monotonic()
        task = asyncio.create_task(self._read(line), name="voice.read")
        self._reading = task, line

    async def _read(self, line: Line) -> None:
        begun = time.monotonic()
        await sleep_until(lambda: begun + reading_time(line.text))  # its text may still grow
        self._reading = None
        self._line_ended(line, False)

    def _stop_reading(self, *, interrupted: bool) -> None:
        """Another line is to be heard or read: captions show one at a time."""
        reading, self._reading = self._reading, None
        if reading and reading[0].cancel():
            self._line_ended(reading[1], interrupted)

    def _line_started(self, line: Line) -> None:
        self._stop_reading(interrupted=False)
        self._pacer.started(line)
        self._captions.begin(line)
        self._on_started(line)

    def _line_ended(self, line: Line, interrupted: bool) -> None:
        self._pacer.ended(line)
        self._captions.end()
        self._on_ended(line, "interrupted" if interrupted else None)
