"""LiveKit's view of the commentator: a ``RealtimeModel`` whose sessions speak by themselves."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping
from typing import Any

from livekit.agents import llm
from livekit.agents import tts as livekit_tts
from livekit.plugins.pressbox.commentator.options import Options
from livekit.plugins.pressbox.commentator.pacer import Pacer, PlaybackPacer
from livekit.plugins.pressbox.realtime_session import RealtimeSession

from agent.engine.engines import EngineClient
from agent.voice.choice import AUTO, VoiceChoice
from agent.voice.speaker import Speaker

__all__ = ["RealtimeModel", "RealtimeSession"]


class RealtimeModel(llm.RealtimeModel):
    """A commentator for ``AgentSession(llm=RealtimeModel(engine="http://…/v1"))``.

    Its sessions look at the video they are given and say by themselves what happens; questions
    come in through ``generate_reply``. Raises ValueError when ``engine`` is not an HTTP address.
    """

    def __init__(
        self,
        *,
        engine: str,
        model: str = "",
        api_key: str = "",
        engine_api: str = "auto",
        pacer: Pacer | None = None,
        options: Options | None = None,
        tts: str | livekit_tts.TTS[Any] = AUTO,
        tts_options: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Args:
            engine: Base URL of an OpenAI-compatible server, several with commas between.
            model: Empty: the first one that the engine lists.
            api_key: Empty when the engine wants none.
            engine_api: What kind of engine it is, see ``EngineClient``; "auto": it is asked.
            pacer: When windows leave and lines are said; serves one session. None: a
                ``PlaybackPacer`` for each session.
            options: See ``Options``.
            tts, tts_options: Who speaks, see ``VoiceChoice``.
        """
        self._options = options or Options()
        super().__init__(
            capabilities=llm.RealtimeCapabilities(
                message_truncation=True,
                turn_detection=False,
                user_transcription=False,
                auto_tool_reply_generation=False,
                audio_output=self._options.enable_tts,
                manual_function_calls=False,
                mutable_chat_context=True,
                mutable_instructions=True,
                mutable_tools=False,
                per_response_tool_choice=False,
                supports_say=False,
            )
        )
        EngineClient.check_url(engine, engine_api)
        self._url = engine
        self._model_name = model
        self._api_key = api_key
        self._engine_api = engine_api
        self._pacer = pacer
        self._voice_choice = VoiceChoice(tts, tts_options or {})
        self._sessions: weakref.WeakSet[RealtimeSession] = weakref.WeakSet()

    @property
    def model(self) -> str:
        return self._model_name or "unknown"

    @property
    def provider(self) -> str:
        return "pressbox"

    def session(self, *, turn_detection_disabled: bool = False) -> RealtimeSession:
        """A new session; needs a running event loop."""
        session = RealtimeSession(
            self,
            client=EngineClient(
                self._url, api=self._engine_api, api_key=self._api_key, model=self._model_name
            ),
            pacer=self._pacer or PlaybackPacer(),
            options=self._options,
            speaker=Speaker(self._voice_choice),
        )
        self._sessions.add(session)
        return session

    async def aclose(self) -> None:
        """Close all sessions."""
        await asyncio.gather(*(session.aclose() for session in list(self._sessions)))
