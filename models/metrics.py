"""What the server counts, for Prometheus."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 1.6, 2.4, 3.2, 5.0, 8.0, 15.0)
FEW = 8
"""Tokens of an answer that is too short to tell a rate by."""
_GPU = {"memory_used_bytes": 1 << 20, "memory_total_bytes": 1 << 20, "utilization_ratio": 0.01}
"""Of each GPU, and the unit in which nvidia-smi tells it."""
_ASKED = "--query-gpu=index,name,memory.used,memory.total,utilization.gpu"
_SMI = ("nvidia-smi", "--format=csv,noheader,nounits", _ASKED)
_SMI_LIMIT = 1.5
"""Seconds."""
_SMI_AGAIN = 10.0
"""Seconds until it is asked again: each time costs a process."""


class Metrics:
    """One server's numbers, in a registry of its own."""

    def __init__(
        self, running: Callable[[], int], waiting: Callable[[], int], short: Callable[[], bool]
    ) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._asked = float("-inf")
        ours: dict[str, Any] = {"namespace": "pressbox_engine", "registry": self.registry}
        about = "Requests by outcome: ok, cancelled, or the error's code"
        self.requests = Counter("requests", about, ["kind", "outcome"], **ours)
        self.cancelled = Counter("cancelled", "Closed by the client", **ours)
        about = "Dropped from the queue at their deadline"
        self.deadlines_missed = Counter("deadline_missed", about, **ours)
        about = "From arrival to a free slot"
        self.queue_wait = Histogram("queue_wait_seconds", about, buckets=_SECONDS, **ours)
        about = "From arrival to the first speech"
        self.first_audio = Histogram("first_audio_seconds", about, buckets=_SECONDS, **ours)
        self.audio_seconds = Counter("audio_seconds", "Seconds of speech made", **ours)
        about = f"From its first text to its last, of the newest answer of {FEW} tokens or more"
        self._tokens_per_second = Gauge("tokens_per_second", about, **ours)
        self._gpus = [Gauge(f"gpu_{name}", "As told", ["gpu", "name"], **ours) for name in _GPU]
        Gauge("in_flight", "Requests being served", **ours).set_function(running)
        Gauge("queue_length", "Requests waiting", **ours).set_function(waiting)
        about = "1 while requests are refused or cut for want of it"
        Gauge("memory_short", about, **ours).set_function(short)

    def told(self, tokens: int, seconds: float) -> None:
        """An answer of so many tokens was written; seconds from its first text to its last."""
        if tokens >= FEW and seconds > 0:
            self._tokens_per_second.set((tokens - 1) / seconds)

    def text(self) -> bytes:
        """The exposition, UTF-8. Blocks while nvidia-smi is asked, where there is one."""
        if time.monotonic() - self._asked > _SMI_AGAIN:
            self._asked = time.monotonic()
            self._tell_gpus(_gpus())
        return generate_latest(self.registry)

    def _tell_gpus(self, told: list[list[str]]) -> None:
        for at, (gauge, unit) in enumerate(zip(self._gpus, _GPU.values(), strict=True), start=2):
            gauge.clear()
            for row in told:
                with suppress(ValueError, IndexError):  # [N/A], of MIG
                    value = float(row[at]) * unit
                    gauge.labels(*row[:2]).set(value)


def _gpus() -> list[list[str]]:
    try:
        done = subprocess.run(_SMI, capture_output=True, text=True, timeout=_SMI_LIMIT, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.split(", ") for line in done.stdout.splitlines()]
