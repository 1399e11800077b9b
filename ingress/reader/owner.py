"""The other end of the pipe: takes what is read, says what it wants, and may be gone."""

from __future__ import annotations

import io
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ingress.reader.failures import SourceFailure
from ingress.reader.messages import Failed, GarbageError, Message, Order, Request, encode, read

LOOK = 1.0
"""Seconds between looks at deadline and memory."""

REQUEST_WAIT = 10.0
"""Seconds that the owner has to say what is to be read."""

MEMORY = 1_500_000_000
"""Bytes that this process may have: 4K in H.265 takes 0.2 GB, a hostile stream whatever there is.
The system keeps it from a third more, within a look at it."""

NOTHING = Order()
"""What `take` gives where nothing was wished for."""


class GoneError(Exception):
    """The owner is gone; nobody wants what is read."""


class Owner:
    """Writes messages, from one thread; one of its own takes the orders.

    Another one keeps the deadline, since FFmpeg may hang in a call that nothing interrupts: then it
    says so in the reader's place and ends the process by `leave`.
    """

    def __init__(
        self, pipe: socket.socket, leave: Callable[[], None] = lambda: os._exit(0)
    ) -> None:
        self._pipe = pipe
        self._said = io.BufferedReader(io.FileIO(pipe.fileno(), closefd=False))
        self._leave = leave
        self._writing = threading.Lock()
        self._state = threading.Lock()
        self._order = NOTHING
        self._deadline: tuple[float, SourceFailure] | None = None
        self._gone = threading.Event()
        self.listening = False

    def request(self) -> Request:
        """The first message. Raises GoneError, also where it is something else."""
        waits = select.poll()  # `select` takes no descriptor above 1024, which many sources have
        waits.register(self._pipe, select.POLLIN)
        message = self._read() if waits.poll(REQUEST_WAIT * 1000) else None
        if not isinstance(message, Request):
            raise GoneError
        return message

    def listen(self) -> None:
        """Take orders from now on."""
        self.listening = True
        for work in (self._take_orders, self._watch):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def send(self, message: Message) -> None:
        """Hands a message over; waits while the pipe is full. Raises GoneError."""
        with self._writing:
            self._send(message)

    def check(self) -> None:
        """Raises GoneError where nobody listens any more."""
        if self._gone.is_set():
            raise GoneError

    def take(self) -> Order:
        """What was wished for since the last call. Raises GoneError."""
        self.check()
        if self._order is NOTHING:
            return NOTHING
        with self._state:
            order, self._order = self._order, NOTHING
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

    def _send(self, message: Message) -> None:
        head, data = encode(message)
        try:
            sent = self._pipe.sendmsg((head, data))
            if sent < len(head) + len(data):
                self._pipe.sendall((head + data)[sent:])
        except OSError:
            raise GoneError from None

    def _read(self) -> Message | None:
        try:
            return read(self._said)
        except (GarbageError, OSError):
            return None

    def _take_orders(self) -> None:
        while isinstance(order := self._read(), Order):
            with self._state:
                bitrate = order.bitrate or self._order.bitrate
                self._order = Order(self._order.key or order.key, bitrate)
        self._gone.set()
        self._leave()

    def _watch(self) -> None:
        while (failure := self._failure()) is None:
            if self._gone.wait(LOOK):
                return
        if self._writing.acquire(timeout=LOOK):
            with suppress(GoneError):
                self._send(Failed(failure.kind, failure.text))
        self._gone.set()
        self._leave()

    def _failure(self) -> SourceFailure | None:
        deadline = self._deadline
        if _resident() > MEMORY:
            return SourceFailure("protocol", "it takes more memory than a source may")
        return deadline[1] if deadline and time.monotonic() >= deadline[0] else None


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as said:
        return int(said.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
