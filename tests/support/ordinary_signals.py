"""Ctrl-C means what it means to a program in the foreground."""

from __future__ import annotations

import signal


def heed_ctrl_c() -> None:
    """A shell starts what runs behind `&` with SIGINT ignored, and a child inherits that: a test
    that sends it to one would wait for nothing.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
