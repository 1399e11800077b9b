"""What a booth's texts ask of a room: the few members of LiveKit's that they use, so that there may
be another room than LiveKit's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from livekit import rtc
from livekit.rtc.room import EventTypes


class TextWriter(Protocol):
    """A text that grows."""

    async def write(self, text: str) -> None:
        """Add this."""

    async def aclose(self, *, attributes: dict[str, str] | None = None) -> None:
        """It is whole."""


class LocalParticipant(Protocol):
    """The booth itself in the room. What is sent raises what it likes when it cannot be."""

    @property
    def identity(self) -> str:
        """Of the booth."""

    def register_rpc_method(
        self, method_name: str, handler: Callable[[rtc.RpcInvocationData], Awaitable[str]]
    ) -> object:
        """Whoever is in the room may call this from now on."""

    def unregister_rpc_method(self, method: str) -> None:
        """And now no more."""

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        """For everybody to read."""

    async def send_text(
        self, text: str, *, topic: str = "", destination_identities: list[str] | None = None
    ) -> object:
        """To everybody, or to these alone."""

    async def stream_text(
        self, *, topic: str = "", attributes: dict[str, str] | None = None
    ) -> TextWriter:
        """To everybody, as it grows."""

    async def publish_data(
        self, payload: bytes | str, *, topic: str = "", destination_identities: list[str] = ...
    ) -> None:
        """A packet."""

    async def publish_transcription(self, transcription: rtc.Transcription) -> None:
        """A caption as older clients read it."""


class Room(Protocol):
    """Who is there, and what can be told to them."""

    @property
    def name(self) -> str:
        """The room's."""

    @property
    def local_participant(self) -> LocalParticipant:
        """The booth."""

    @property
    def remote_participants(self) -> Mapping[str, rtc.RemoteParticipant]:
        """Everybody else, by identity."""

    def isconnected(self) -> bool:
        """Whether anything can be told now."""

    def on(self, event: EventTypes, callback: Callable[..., Any]) -> object:
        """Call this when that happens."""

    def off(self, event: EventTypes, callback: Callable[..., Any]) -> None:
        """No more."""

    def register_text_stream_handler(
        self, topic: str, handler: Callable[[rtc.TextStreamReader, str], None]
    ) -> None:
        """Call this with a text and the identity of who sent it. Raises ValueError where there is
        one already.
        """

    def unregister_text_stream_handler(self, topic: str) -> None:
        """No more."""
