"""`python -m ingress.rtmp_push --fd N`: one push, from one end of a socket pair.

Its owner sends a Request (the address with its key), then Units and Sounds. It answers Opened when
the push is accepted, and ends with Failed. It is a process because a push that hangs is killed.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import socket

import av.logging

from ingress.reader.messages import GarbageError
from ingress.rtmp_push.push import GoneError, Pipe, run

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Pushes until its owner is gone or the push fails."""
    words = argparse.ArgumentParser()
    words.add_argument("--fd", type=int, required=True)
    owner = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != owner:
        return
    # FFmpeg's messages name the address, with the key in it.
    av.logging.set_level(None)
    av.logging.set_libav_level(av.logging.PANIC)
    pipe = Pipe(socket.socket(fileno=words.parse_args().fd))
    with contextlib.suppress(GoneError, GarbageError):
        pipe.send(run(pipe))
    # FFmpeg may still want to say goodbye to a server that does not answer.
    os._exit(0)


if __name__ == "__main__":
    main()
