"""`python -m ingress.reader --fd N`: reads one source for the process at the other end of a socket.

What to read comes over the socket, since it holds secrets. Ends with its owner, and at SIGTERM.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import signal
import socket

import av.logging

from ingress.reader.owner import MEMORY, GoneError, Owner
from ingress.reader.session import run

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Reads until the source or the owner is gone."""
    parser = argparse.ArgumentParser(
        prog="python -m ingress.reader",
        description="Reads one source for its owner; not meant to be started by hand.",
    )
    parser.add_argument("--fd", type=int, required=True, help="number of an inherited socket")
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Ctrl-C goes to everybody on the terminal; the owner ends us when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Names of addresses stand in it, and passwords: our owner takes them out.
    av.logging.set_level(None)
    av.logging.set_libav_level(av.logging.ERROR)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY * 4 // 3, MEMORY * 4 // 3))
    try:
        pipe = socket.socket(fileno=arguments.fd)
    except OSError:
        parser.error("--fd is no socket")
    owner = Owner(pipe)
    try:
        request = owner.request()
        owner.listen()
        run(request, owner)
    except GoneError:
        pass
    # At once: neither FFmpeg's threads nor those of libraries are waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
