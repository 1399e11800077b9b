"""Reads a film or an HLS stream ahead of what is shown: segments come all at once, or late."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from ingress.reader.source import Piece, Source

SECONDS, BYTES = 15.0, 64 * 1024 * 1024
"""How far it reads ahead: the longer of both bounds does not count."""


class ReadAhead:
    """A `Source` that reads another one in a thread of its own."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.contents = source.contents
        self._pieces: deque[Piece] = deque()
        self._bytes = 0
        self._newest = 0.0
        self._state = threading.Condition()
        self._over = False
        self._closed = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def pieces(self) -> Iterator[Piece]:
        """As those of the source behind it, which is read only now. Raises what it raises."""
        self._thread = threading.Thread(target=self._read, name="read-ahead", daemon=True)
        self._thread.start()
        while True:
            with self._state:
                self._state.wait_for(lambda: self._pieces or self._over)
                if not self._pieces:
                    break
                piece = self._pieces.popleft()
                self._bytes -= _size(piece)
                self._state.notify_all()
            yield piece
        if self._error:
            raise self._error

    def close(self) -> None:
        """Ends the thread and closes the source. Idempotent."""
        with self._state:
            self._closed = True
            self._state.notify_all()
        if self._thread is None or not self._thread.is_alive():
            self._source.close()
        # Else the thread closes it: FFmpeg must not lose its container in the middle of a call.

    def _read(self) -> None:
        try:
            for piece in self._source.pieces():
                with self._state:
                    self._pieces.append(piece)
                    self._bytes += _size(piece)
                    self._newest = self._newest if piece.time is None else piece.time
                    self._state.notify_all()
                    self._state.wait_for(lambda: self._closed or not self._full())
                    if self._closed:
                        break
        except BaseException as error:  # handed on to whoever takes the pieces
            self._error = error
        finally:
            with self._state:
                self._over = True
                self._state.notify_all()
            if self._closed:
                self._source.close()

    def _full(self) -> bool:
        first = next((one.time for one in self._pieces if one.time is not None), self._newest)
        return self._bytes > BYTES or self._newest - first > SECONDS


def _size(piece: Piece) -> int:
    return piece.packet.size if piece.packet else 0
