"""The room of a booth that is in none: what it tells becomes events, what it offers is called."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from livekit import rtc
from livekit.agents.types import ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID
from livekit.rtc.room import EventTypes

from agent.room.room import Method
from agent.room.status import AGENT_STATE, STATUS
from config.agent_name import LINE_TOPIC
from web.events import Events
from web.feed import CallError
from web.rooms.calls import ANSWER_LIMIT, named, translated

log = logging.getLogger("web.standalone")

VIEWERS = "viewer"
"""Identity of whoever calls."""


class Words:
    """A caption that grows."""

    def __init__(self, line: str, events: Events) -> None:
        self._line = line
        self._events = events
        self._text = ""

    async def write(self, text: str) -> None:
        self._text += text
        self._put(final=False)

    async def aclose(self, *, attributes: dict[str, str] | None = None) -> None:
        self._put(final=True)

    def _put(self, *, final: bool) -> None:
        self._events.put("words", {"id": self._line, "text": self._text, "final": final})


class LocalRoom:
    """A `Room`, and the booth in it as `LocalParticipant`. Nobody else is there, and nothing ever
    happens.
    """

    identity = "pressbox"

    def __init__(self, name: str, events: Events, told: Callable[[], None]) -> None:
        """`told()`: the booth has said anew how it is."""
        self.name = name
        self.remote_participants: Mapping[str, rtc.RemoteParticipant] = {}
        self._events = events
        self._told = told
        self._methods: dict[str, Method] = {}
        self.status: Mapping[str, object] = {}
        """What the booth says of itself; `state` is what LiveKit calls an agent's state."""

    @property
    def local_participant(self) -> LocalRoom:
        """The booth."""
        return self

    async def call(self, method: str, payload: str, name: str) -> str:
        """What the method answers somebody of this name. Raises CallError."""
        handler = self._methods.get(method)
        if handler is None:
            raise CallError(404, "the commentator does not know this method")
        payload = named(method, payload, name)
        try:
            return await handler(rtc.RpcInvocationData("", VIEWERS, payload, ANSWER_LIMIT))
        except rtc.RpcError as error:
            raise translated(error) from error
        except Exception as error:
            log.exception("%s failed", method)
            raise CallError(503, "the commentator failed at it") from error

    # the booth

    def register_rpc_method(self, method_name: str, handler: Method) -> None:
        self._methods[method_name] = handler

    def unregister_rpc_method(self, method: str) -> None:
        self._methods.pop(method, None)

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        self.status = {**json.loads(attributes[STATUS]), "state": attributes[AGENT_STATE]}
        self._told()

    async def send_text(
        self, text: str, *, topic: str = "", destination_identities: Sequence[str] | None = None
    ) -> None:
        if topic == LINE_TOPIC:
            line = json.loads(text)
            self._events.put("alert" if line["kind"] == "alert" else "line", line)

    async def stream_text(
        self,
        *,
        topic: str = "",
        destination_identities: Sequence[str] | None = None,
        attributes: dict[str, str] | None = None,
    ) -> Words:
        return Words((attributes or {}).get(ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID, ""), self._events)

    async def publish_data(self, payload: bytes | str, **_: object) -> None:
        """Nobody reads packets here."""

    async def publish_transcription(self, transcription: rtc.Transcription) -> None:
        """The same."""

    # the room

    def isconnected(self) -> bool:
        return True

    def on(self, event: EventTypes, callback: Callable[..., Any]) -> None:
        """It never happens."""

    off = on

    def register_text_stream_handler(
        self, topic: str, handler: Callable[[rtc.TextStreamReader, str], None]
    ) -> None:
        """Nobody sends any."""

    def unregister_text_stream_handler(self, topic: str) -> None:
        """The same."""
