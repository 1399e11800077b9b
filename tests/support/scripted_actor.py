"""The process behind `scripted_reader`: it follows a script instead of reading anything."""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any, BinaryIO, cast

from ingress.reader.messages import (
    Failed,
    Message,
    Note,
    Opened,
    Order,
    RawPicture,
    Request,
    Sound,
    Unit,
    encode,
    read,
)


class Actor:
    """The process that follows a script."""

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe
        # Unbuffered, so that what came is either taken or still in the pipe.
        self._said = cast(BinaryIO, pipe.makefile("rb", buffering=0))
        self._path = Path()

    def run(self) -> None:
        """Follows the script of this attempt."""
        request = self._receive(None)
        if not isinstance(request, Request):
            raise SystemExit(3)
        self._path = Path(request.url)
        self._note(request)
        attempts = json.loads(self._path.read_text())
        count = self._path.with_suffix(".count")
        number = count.stat().st_size if count.exists() else 0
        with count.open("a") as file:
            file.write("x")
        for step in attempts[min(number, len(attempts) - 1)]:
            arguments = {key: value for key, value in step.items() if key != "do"}
            getattr(self, step["do"])(**arguments)

    def open(self, **fields: Any) -> None:
        """Says what is there."""
        known = {"codec": "h264", "width": 320, "height": 180, "fps": 30.0, "sound": ""}
        way = {"way": "passthrough", "why": "scripted"}
        self.send(Opened(**{**known, **way, **fields}))

    def pictures(self, count: int = 10, fps: float = 50.0, size: int = 500, **more: Any) -> None:
        """Pictures of nothing; every tenth is a key frame."""
        for number in range(count):
            now = time.monotonic()
            fields = {"width": 320, "height": 180, **more}
            key = number % 10 == 0
            self.send(Unit(**fields, key=key, time=now, arrived=now, data=bytes(size)))
            self._listen(1 / fps)

    def raw(self, count: int = 10, fps: float = 50.0, width: int = 64, height: int = 36) -> None:
        """Grey decoded pictures."""
        for number in range(count):
            now = time.monotonic()
            data = bytes([number % 256]) * (width * height * 3 // 2)
            self.send(RawPicture(width, height, now, now, data))
            self._listen(1 / fps)

    def sound(self, count: int = 10) -> None:
        """Pieces of silence of 20 ms, at their pace."""
        for _ in range(count):
            now = time.monotonic()
            self.send(Sound(now, now, bytes(1920)))
            self._listen(0.02)

    def note(self, **fields: Any) -> None:
        """Says what has changed."""
        if fields.pop("frozen_now", False):
            fields["frozen"] = time.monotonic()
        self.send(Note(**fields))

    def fail(self, kind: Any = "no_answer", text: str = "scripted") -> None:
        """Says why it ends."""
        self.send(Failed(kind, text))

    def hang(self, stubborn: bool = False) -> None:
        """Does nothing any more, and stubbornly so."""
        if stubborn:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
        while stubborn:
            time.sleep(60)
        while True:
            self._listen(60)

    def garbage(self) -> None:
        """Says what is no message."""
        self._pipe.sendall(os.urandom(5000))

    def unfinished(self) -> None:
        """Begins a message and stops in the middle."""
        head, data = encode(Unit(False, 320, 180, 0.0, 0.0, bytes(100_000)))
        self._pipe.sendall(head + data[:1000])

    def flood(self, count: int = 20_000) -> None:
        """Small messages without a pause."""
        piece = b"".join(encode(Note(skipped=1)))
        for _ in range(count // 100):
            self._pipe.sendall(piece * 100)

    def exit(self, status: int = 0) -> None:
        """Ends without a word."""
        os._exit(status)

    def die(self, number: int = signal.SIGSEGV) -> None:
        """Ends by a signal."""
        os.kill(os.getpid(), number)

    def film(self, seconds: float = 3600.0, **more: Any) -> None:
        """Real H.264 with a burnt-in clock; see `scripted_film`."""
        from tests.support.scripted_film import film

        film(self, seconds, **more)

    def send(self, message: Message) -> None:
        """Writes a message; waits while the pipe is full."""
        try:
            self._pipe.sendall(b"".join(encode(message)))
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)

    def orders(self, seconds: float) -> list[Order]:
        """Waits, and gives what was ordered meanwhile."""
        found, until = [], time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            message = self._receive(left)
            if isinstance(message, Order):
                self._note(message)
                found.append(message)
        return found

    def _listen(self, seconds: float) -> None:
        self.orders(seconds)

    def _note(self, message: Request | Order) -> None:
        fields = {name: getattr(message, name) for name in message.__slots__}
        with self._path.with_suffix(".asked").open("a") as file:
            file.write(json.dumps({"said": type(message).__name__, **fields}) + "\n")

    def _receive(self, seconds: float | None) -> Message | None:
        if not select.select([self._pipe], [], [], seconds)[0]:
            return None
        return read(self._said) or os._exit(0)  # the owner is gone


def main() -> None:
    """Runs until the script or the owner ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    Actor(socket.socket(fileno=parser.parse_args().fd)).run()


if __name__ == "__main__":
    main()
