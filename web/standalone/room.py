"""The room of a booth that is in none: what it tells becomes events, what it offers is called."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from livekit import rtc
from livekit.agents.types import ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID
from livekit.rtc.room import EventTypes

from agent.room.line_feed import TOPIC as LINES
from agent.room.status import AGENT_STATE, STATUS
from web.events import Events
from web.feed import CallError

log = logging.getLogger("web.standalone")

NAME = "standalone"
NOBODY = "viewer"
"""Who calls without a name."""
CALL_TIMEOUT = 120.0
"""Seconds that a method believes to have; whoever calls may give up before."""

Method = Callable[[rtc.RpcInvocationData], Awaitable[str]]


class Words:
    """A caption that grows."""

    def __init__(self, line: str, events: Events) -> None:
        self._line = line
        self._events = events
        self._text = ""

    async def write(self, text: str) -> None:
        """See `TextWriter`."""
        self._text += text
        self._put(final=False)

    async def aclose(self, *, attributes: dict[str, str] | None = None) -> None:
        """See `TextWriter`."""
        self._put(final=True)

    def _put(self, *, final: bool) -> None:
        self._events.put("words", {"id": self._line, "text": self._text, "final": final})


class LocalBooth:
    """The booth as `LocalParticipant`."""

    identity = "pressbox"

    def __init__(self, events: Events, told: Callable[[], None]) -> None:
        """`told()`: it has said anew how it is."""
        self._events = events
        self._told = told
        self._methods: dict[str, Method] = {}
        self.status: Mapping[str, object] = {}
        """What it says of itself, and what LiveKit calls the agent's `state`."""

    def register_rpc_method(self, method_name: str, handler: Method) -> None:
        """See `LocalParticipant`."""
        self._methods[method_name] = handler

    def unregister_rpc_method(self, method: str) -> None:
        """See `LocalParticipant`."""
        self._methods.pop(method, None)

    async def call(self, method: str, payload: str, name: str) -> str:
        """What the method answers somebody of this name. Raises CallError."""
        handler = self._methods.get(method)
        if handler is None:
            raise CallError(404, f"the commentator has no method {method}")
        call = rtc.RpcInvocationData(uuid.uuid4().hex, name or NOBODY, payload, CALL_TIMEOUT)
        try:
            return await handler(call)
        except rtc.RpcError as error:
            problems = json.loads(error.data) if error.data else {}
            raise CallError(error.code, error.message, problems) from error
        except Exception as error:
            log.exception("%s failed", method)
            raise CallError(503, "the commentator failed at it") from error

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        """See `LocalParticipant`."""
        self.status = {**json.loads(attributes[STATUS]), "state": attributes[AGENT_STATE]}
        self._told()

    async def send_text(
        self, text: str, *, topic: str = "", destination_identities: list[str] | None = None
    ) -> None:
        """See `LocalParticipant`. To one alone nothing is sent: nobody writes to us."""
        if topic == LINES:
            line = json.loads(text)
            self._events.put("alert" if line["kind"] == "alert" else "line", line)

    async def stream_text(
        self, *, topic: str = "", attributes: dict[str, str] | None = None
    ) -> Words:
        """See `LocalParticipant`: a caption."""
        return Words((attributes or {}).get(ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID, ""), self._events)

    async def publish_data(
        self, payload: bytes | str, *, topic: str = "", destination_identities: Sequence[str] = ()
    ) -> None:
        """Nobody is here to read packets."""

    async def publish_transcription(self, transcription: rtc.Transcription) -> None:
        """The same: captions are read as `stream_text`."""


class LocalRoom:
    """A `Room` in which nobody but the booth is, and in which nothing ever happens."""

    def __init__(self, name: str, booth: LocalBooth) -> None:
        self.name = name
        self.local_participant = booth
        self.remote_participants: Mapping[str, rtc.RemoteParticipant] = {}

    def isconnected(self) -> bool:
        """It always is."""
        return True

    def on(self, event: EventTypes, callback: Callable[..., Any]) -> None:
        """No event ever comes."""

    def off(self, event: EventTypes, callback: Callable[..., Any]) -> None:
        """The same."""

    def register_text_stream_handler(
        self, topic: str, handler: Callable[[rtc.TextStreamReader, str], None]
    ) -> None:
        """Nobody sends any."""

    def unregister_text_stream_handler(self, topic: str) -> None:
        """The same."""
