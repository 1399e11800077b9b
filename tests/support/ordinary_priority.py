"""Keeps a thread's ordinary priority where a library would take a real-time one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ordinary_priority() -> Iterator[None]:
    """Around what opens SVT-AV1: for root it puts the calling thread, too, under SCHED_FIFO at 99.

    All that the thread starts from then on inherits that, Chromium and servers, and two of those
    that spin for one another stop a machine of two cores.
    """
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
