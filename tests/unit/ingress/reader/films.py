"""A reader's session, and what it says of a source."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

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
from ingress.reader.owner import Owner
from ingress.reader.session import run


def messages(
    request: Request, *, act: Callable[[Message], Order | None] = lambda _: None
) -> Iterator[Message]:
    """What a session in a thread says, up to and with Failed; closing it ends the session. act:
    may answer a message with an order.
    """
    ours, theirs = socket.socketpair()
    owner = Owner(theirs, leave=lambda: None)
    owner.listen()
    thread = threading.Thread(target=run, args=(request, owner), name="session")
    thread.start()
    try:
        with ours.makefile("rb") as pipe:
            while message := read(pipe):
                order = act(message)
                if order:
                    ours.sendall(b"".join(encode(order)))
                yield message
                if isinstance(message, Failed):
                    return
    finally:
        ours.close()
        thread.join(30)  # a read of SRT waits up to its own time-out first
        theirs.close()
        assert not thread.is_alive()


class Read:
    """All that a session has said, sorted."""

    def __init__(self, path: Path | str, *, pieces: int = 10_000, **request: Any) -> None:
        request = {"loop": False} | request
        self.said: list[Message] = []
        for message in messages(Request(str(path), **request)):
            self.said.append(message)
            if len(self.units) + len(self.raw) >= pieces:
                break

    def _of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.said if isinstance(one, kind)]

    @property
    def opened(self) -> Opened:
        (opened,) = self._of(Opened)
        assert isinstance(opened, Opened)
        return opened

    @property
    def failed(self) -> Failed:
        (failed,) = self._of(Failed)
        assert isinstance(failed, Failed)
        return failed

    @property
    def units(self) -> list[Unit]:
        return self._of(Unit)

    @property
    def raw(self) -> list[RawPicture]:
        return self._of(RawPicture)

    @property
    def notes(self) -> list[Note]:
        return self._of(Note)

    @property
    def sounds(self) -> list[Sound]:
        return self._of(Sound)


def watched(units: list[Unit]) -> list[av.VideoFrame]:
    """The pictures that a viewer of these units sees."""
    decoder: Any = VideoCodecContext.create("h264", "r")
    decoder.thread_count = 1
    frames = [frame for unit in units for frame in decoder.decode(av.Packet(unit.data))]
    return [*frames, *decoder.decode(None)]


def grey(frame: av.VideoFrame) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture's luma."""
    return np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
