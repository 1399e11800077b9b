"""LiveKit's view of the commentator: a ``RealtimeModel`` whose sessions speak by themselves."""

from __future__ import annotations

import asyncio
import os
import weakref
from dataclasses import replace

import openai
from livekit.agents import APIConnectOptions, llm
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from livekit.agents.utils import is_given

from .commentator import Options, Pacer, PlaybackPacer
from .engine import EngineClient, checked
from .models import EngineModels
from .realtime_session import RealtimeSession, with_given


class RealtimeModel(llm.RealtimeModel):
    """A commentator for ``AgentSession(llm=pressbox.RealtimeModel(base_url="http://…/v1"))``.

    Its sessions look at the video they are given and say by themselves what happens; questions
    come in through ``generate_reply``.
    """

    def __init__(
        self,
        *,
        base_url: NotGivenOr[str] = NOT_GIVEN,
        api_key: NotGivenOr[str] = NOT_GIVEN,
        model: NotGivenOr[EngineModels | str] = NOT_GIVEN,
        voice: NotGivenOr[str] = NOT_GIVEN,
        language: NotGivenOr[str] = NOT_GIVEN,
        options: NotGivenOr[Options] = NOT_GIVEN,
        pacer: NotGivenOr[Pacer] = NOT_GIVEN,
        conn_options: NotGivenOr[APIConnectOptions] = NOT_GIVEN,
        client: openai.AsyncClient | None = None,
    ) -> None:
        """
        Args:
            base_url: Of a server that speaks OpenAI's chat completions and takes pictures. Not
                given: PRESSBOX_BASE_URL from the environment.
            api_key: Not given: PRESSBOX_API_KEY from the environment; none where that is not set.
            model: Not given: the first one that the engine lists.
            voice: One of the engine's. Not given: that of ``options``.
            language: BCP 47 tag of the language to speak. Not given: that of ``options``.
            options: How it commentates, see ``Options``.
            pacer: When windows leave and lines are said; serves one session. Not given: a
                ``PlaybackPacer`` for each session.
            conn_options: ``timeout``: seconds to connect, and between two pieces of an answer.
                After ``max_retry`` retries, ``retry_interval`` seconds apart at first, an engine
                that fails is not recoverable. Not given: it is asked for ever.
            client: One to share, which has address and key; it stays yours to close.

        Raises:
            ValueError: There is no base URL, or it is not an HTTP address, or an option is out of
                range.
        """
        chosen = options if is_given(options) else Options()
        self._options = with_given(chosen, voice, language)
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
        given = base_url if is_given(base_url) else os.environ.get("PRESSBOX_BASE_URL", "")
        self._base_url = str(client.base_url) if client and not given else given
        if not self._base_url:
            raise ValueError("base_url is missing: give it, or set PRESSBOX_BASE_URL")
        checked(self._base_url)
        self._api_key = api_key if is_given(api_key) else os.environ.get("PRESSBOX_API_KEY", "")
        self._model_name = model if is_given(model) else ""
        self._pacer = pacer if is_given(pacer) else None
        self._conn_options = conn_options
        self._client = client
        self._sessions: weakref.WeakSet[RealtimeSession] = weakref.WeakSet()

    @property
    def capabilities(self) -> llm.RealtimeCapabilities:
        """What it can do; audio, while options ask for it and no engine was found to be silent."""
        silent = any(session.speaks is False for session in self._sessions)
        return replace(self._capabilities, audio_output=self._options.enable_tts and not silent)

    @property
    def model(self) -> str:
        """The model's name, "unknown" until the engine has said it."""
        found = (session.model_name for session in self._sessions if session.model_name)
        return self._model_name or next(found, "unknown")

    @property
    def provider(self) -> str:
        return "pressbox"

    def update_options(
        self,
        *,
        voice: NotGivenOr[str] = NOT_GIVEN,
        language: NotGivenOr[str] = NOT_GIVEN,
        options: NotGivenOr[Options] = NOT_GIVEN,
    ) -> None:
        """Go by these from the next request on, in all sessions. Raises ValueError."""
        chosen = options if is_given(options) else self._options
        self._options = with_given(chosen, voice, language)
        for session in self._sessions:
            session.update_options(voice=voice, language=language, options=options)

    def session(self, *, turn_detection_disabled: bool = False) -> RealtimeSession:
        """A new session; needs a running event loop."""
        conn = self._conn_options if is_given(self._conn_options) else APIConnectOptions()
        client = EngineClient(
            self._base_url,
            api_key=self._api_key,
            model=self._model_name,
            timeout=conn.timeout,
            client=self._client,
        )
        session = RealtimeSession(
            self,
            client=client,
            pacer=self._pacer or PlaybackPacer(),
            options=self._options,
            conn_options=self._conn_options,
        )
        self._sessions.add(session)
        return session

    async def aclose(self) -> None:
        """Close all sessions."""
        await asyncio.gather(*(session.aclose() for session in list(self._sessions)))
