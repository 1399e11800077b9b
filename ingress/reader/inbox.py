"""Bytes from a reader process, cut into messages when somebody asks for one. Pure."""

from __future__ import annotations

from ingress.reader.messages import HEAD, LONGEST_BODY, GarbageError, Message, decode

SPACE = 256 * 1024
"""Bytes to begin with; it grows with the longest message and stays so."""

FULL = 1024 * 1024
"""Bytes of whole messages after which nothing more should be read for now."""


class Inbox:
    """`free` is written to, `filled` says how much, `next` takes messages out."""

    def __init__(self) -> None:
        self._space = memoryview(bytearray(SPACE))
        self._begin = self._end = 0

    def __len__(self) -> int:
        return self._end - self._begin

    @property
    def full(self) -> bool:
        """Whether reading should pause; never while the first message is incomplete."""
        return len(self) > FULL and len(self) >= HEAD.size + self._length()

    def free(self) -> memoryview:
        """Space for what is read next."""
        if self._end == len(self._space):
            held = self._space[self._begin : self._end]
            if self._begin < len(self._space) // 2:
                self._space = memoryview(bytearray(2 * len(self._space)))
            self._space[: len(held)] = held
            self._begin, self._end = 0, len(held)
        return self._space[self._end :]

    def filled(self, count: int) -> None:
        """So many bytes were written to `free`."""
        self._end += count

    def next(self) -> Message | None:
        """The next whole message; None if it is not there yet. Raises GarbageError."""
        begin = self._begin + HEAD.size
        if begin > self._end:
            return None
        kind, length = HEAD.unpack_from(self._space, self._begin)
        if length > LONGEST_BODY:
            raise GarbageError(f"a message of {length} bytes")
        if begin + length > self._end:
            return None
        body = bytes(self._space[begin : begin + length])
        self._begin = begin + length
        if self._begin == self._end:
            self._begin = self._end = 0
        return decode(kind, body)

    def _length(self) -> int:
        return int(HEAD.unpack_from(self._space, self._begin)[1])
