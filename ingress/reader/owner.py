"""The other end of the pipe: takes what is read, says what it wants, and may be gone."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingress.reader.failures import SourceFailure
from ingress.reader.messages import (
    HEAD,
    LONGEST_BODY,
    Failed,
    GarbageError,
    Message,
    Order,
    Request,
    decode,
    encode,
)

LOOK = 1.0
"""Seconds between looks at the deadline."""

REQUEST_WAIT = 10.0
"""Seconds that the owner has to say what is to be read."""


MEMORY = 1_500_000_000
"""Bytes that this process may have: 4K in H.265 takes 0.2 GB, a hostile stream whatever there is.
The system keeps it from a third more, within a look at it."""


class GoneError(Exception):
    """The owner is gone; nobody wants what is read."""


class Owner:
    """Writes messages, from one thread; a thread of its own takes the orders.

    The thread also keeps the deadline, since FFmpeg may hang in a call that nothing interrupts:
    then it says so in the reader's place and ends the process by `leave`.
    """

    def __init__(
        self, pipe: socket.socket, leave: Callable[[], None] = lambda: os._exit(0)
    ) -> None:
        self._pipe = pipe
        self._leave = leave
        self._writing = threading.Lock()
        self._state = threading.Lock()
        self._key = False
        self._bitrate = 0
        self._deadline: tuple[float, SourceFailure] | None = None
        self._gone = False
        self.listening = False

    def request(self) -> Request:
        """The first message. Raises GoneError, also where it is something else."""
        self._pipe.settimeout(REQUEST_WAIT)
        try:
            message = self._receive()
        finally:
            self._pipe.settimeout(None)
        if not isinstance(message, Request):
            raise GoneError
        return message

    def listen(self) -> None:
        """Take orders from now on."""
        self.listening = True
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def send(self, message: Message) -> None:
        """Hands a message over; waits while the pipe is full. Raises GoneError."""
        buffers = encode(message)
        with self._writing:
            self._send(buffers)

    def check(self) -> None:
        """Raises GoneError where nobody listens any more."""
        if self._gone:
            raise GoneError

    def take(self) -> Order:
        """What was wished for since the last call. Raises GoneError."""
        self.check()
        if not self._key and not self._bitrate:
            return _NOTHING
        with self._state:
            order = Order(self._key, self._bitrate)
            self._key, self._bitrate = False, 0
        return order

    @contextmanager
    def deadline(self, seconds: float, failure: SourceFailure) -> Iterator[None]:
        """What is done within must end in time, or the process ends with this failure."""
        self._deadline = (time.monotonic() + seconds, failure)
        try:
            yield
        finally:
            self._deadline = None

    def more_time(self, seconds: float) -> None:
        """The deadline, if there is one, counts from now on."""
        if self._deadline is not None:
            self._deadline = (time.monotonic() + seconds, self._deadline[1])

    def _send(self, buffers: list[bytes]) -> None:
        try:
            sent = self._pipe.sendmsg(buffers)
            whole = sum(map(len, buffers))
            if sent < whole:
                self._pipe.sendall(memoryview(b"".join(buffers))[sent:])
        except OSError:
            raise GoneError from None

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        try:
            while not self._gone:
                if poll.poll(LOOK * 1000):
                    message = self._receive()
                    if isinstance(message, Order):
                        with self._state:
                            self._key = self._key or message.key
                            self._bitrate = message.bitrate or self._bitrate
                self._watch()
        except (GoneError, OSError):
            self._gone = True
        self._leave()

    def _watch(self) -> None:
        if _resident() > MEMORY:
            failure = SourceFailure("protocol", "it takes more memory than a source may")
        elif self._deadline is None or time.monotonic() < self._deadline[0]:
            return
        else:
            failure = self._deadline[1]
        if self._writing.acquire(timeout=LOOK):
            self._send(encode(Failed(failure.kind, failure.text)))
        raise GoneError

    def _receive(self) -> Message:
        kind, length = HEAD.unpack(self._exactly(HEAD.size))
        if length > LONGEST_BODY:
            raise GoneError
        try:
            return decode(kind, self._exactly(length))
        except GarbageError:
            raise GoneError from None

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                piece = self._pipe.recv(count - len(data))
            except OSError:
                raise GoneError from None
            if not piece:
                raise GoneError
            data += piece
        return bytes(data)


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as said:
        return int(said.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


_NOTHING = Order()
