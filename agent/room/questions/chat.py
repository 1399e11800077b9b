"""Chat, as LiveKit's clients send it: text streams, and data packets of the older ones."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from livekit import rtc

from agent.room.questions.question import MAX_LENGTH
from agent.room.room import Room
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.chat")

TOPIC = "lk.chat"
LEGACY_TOPIC = "lk-chat-topic"

READING = 8
"""Text streams that may be on their way at once."""
READING_EACH = 3
"""Those of one person."""
READ_TIMEOUT = 10.0

MAX_PACKET = 16_000
"""Bytes of a data packet that are read."""

WAITING = 32
"""Replies that may wait for the room; beyond that the oldest goes."""
SEND_TIMEOUT = 5.0

NOT_WHOLE = "it did not arrive whole"
TOO_MANY = "too many come at this moment"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, and how a reply reaches that one alone.

    Attributes:
        reads: What its client understands: text streams, JSON in data packets of `topic`, or bare
            text in them.
    """

    identity: str
    reads: Literal["stream", "json", "text"] = "stream"
    topic: str = TOPIC


class Chat:
    """Hears what anybody in the room writes, and writes back to one of them."""

    def __init__(
        self,
        room: Room,
        *,
        heard: Callable[[Sender, str], None],
        refused: Callable[[Sender, str], None],
        tell: Tell,
    ) -> None:
        """`heard(sender, text)`: somebody wrote, of what is longer than MAX_LENGTH not all.
        `refused(sender, why)`: somebody wrote what cannot be read. Neither may raise.
        """
        self._room = room
        self._heard = heard
        self._refused = refused
        self._readers: dict[rtc.TextStreamReader, str] = {}
        self._replies: asyncio.Queue[tuple[Sender, str]] = asyncio.Queue(WAITING)
        self._tasks = Tasks(tell)
        self._listening = False

    def start(self) -> None:
        """Begin to listen. Raises ValueError if somebody else listens already."""
        self._room.register_text_stream_handler(TOPIC, self._on_stream)
        self._room.on("data_received", self._on_packet)
        self._listening = True
        self._tasks.keep("the replies in the chat", self._send_each)

    async def aclose(self) -> None:
        """Stop listening and wait; replies that were not sent are left out. Idempotent."""
        if self._listening:
            self._listening = False
            self._room.unregister_text_stream_handler(TOPIC)
            self._room.off("data_received", self._on_packet)
        await self._tasks.aclose()

    def reply(self, sender: Sender, text: str) -> None:
        """Write to this one only; not to an agent, which might answer each reply in its turn."""
        participant = self._room.remote_participants.get(sender.identity)
        if not participant or participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            return
        if self._replies.full():
            self._replies.get_nowait()
            log.warning("the room does not take replies, one was left out")
        self._replies.put_nowait((sender, text))

    # text streams

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        of_sender = sum(one == identity for one in self._readers.values())
        if identity == self._room.local_participant.identity:
            reader.close()
        elif len(self._readers) >= READING or of_sender >= READING_EACH:
            reader.close()
            self._refused(Sender(identity), TOO_MANY)
        else:
            self._readers[reader] = identity
            reading = self._tasks.once("reading a question", self._read(reader, identity))
            reading.add_done_callback(lambda _: self._done(reader))

    def _done(self, reader: rtc.TextStreamReader) -> None:
        """LiveKit keeps a reader that is not closed for as long as the process lives."""
        self._readers.pop(reader, None)
        reader.close()

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                text = await _beginning(reader)
        except (TimeoutError, ConnectionError):
            self._refused(Sender(identity), NOT_WHOLE)
        else:
            self._arrived(Sender(identity), text)

    def _arrived(self, sender: Sender, text: str) -> None:
        if text.strip():
            self._heard(sender, text.strip())

    # data packets

    def _on_packet(self, packet: rtc.DataPacket) -> None:
        if packet.participant is None or packet.topic not in (TOPIC, LEGACY_TOPIC):
            return
        identity, topic = packet.participant.identity, packet.topic
        text = packet.data[:MAX_PACKET].decode("utf-8", errors="replace")
        message = _message(text)
        if message is None:
            self._arrived(Sender(identity, "text", topic), text)
        elif message.get("ignoreLegacy") is not True:  # that one came as a text stream besides
            self._arrived(Sender(identity, "json", topic), str(message["message"]))

    # replies

    async def _send_each(self) -> None:
        while True:
            sender, text = await self._replies.get()
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._send(sender, text)
            except Exception as error:  # LiveKit raises bare ones; it costs this reply only
                log.debug("a reply was not sent: %s", str(error) or type(error).__name__)

    async def _send(self, sender: Sender, text: str) -> None:
        local, to = self._room.local_participant, [sender.identity]
        if sender.reads == "stream":
            await local.send_text(text, topic=TOPIC, destination_identities=to)
            return
        if sender.reads == "json":
            now = round(time.time() * 1000)
            text = json.dumps({"id": uuid.uuid4().hex, "timestamp": now, "message": text})
        await local.publish_data(text, topic=sender.topic, destination_identities=to)


def _message(text: str) -> dict[str, object] | None:
    """A chat message of LiveKit's older clients, None where it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("message"), str) else None


async def _beginning(reader: rtc.TextStreamReader) -> str:
    """All of a text, or more than MAX_LENGTH letters of one that is longer. Raises StreamError."""
    text = ""
    async for piece in reader:
        text += piece
        if len(text) > MAX_LENGTH:
            break
    return text
