"""What the server counts, for Prometheus."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 1.6, 2.4, 3.2, 5.0, 8.0, 15.0)
FEW = 8
"""Tokens of an answer that is too short to tell a rate by."""
_GPU = {"memory_used_bytes": 1 << 20, "memory_total_bytes": 1 << 20, "utilization_ratio": 0.01}
"""Of each GPU, and the unit in which nvidia-smi tells it."""
_ASKED = "--query-gpu=index,name,memory.used,memory.total,utilization.gpu"
_SMI = ("nvidia-smi", "--format=csv,noheader,nounits", _ASKED)
_SMI_LIMIT = 1.5
"""Seconds."""


class Metrics:
    """One server's numbers, in a registry of its own."""

    def __init__(
        self, running: Callable[[], int], waiting: Callable[[], int], short: Callable[[], bool]
    ) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "pressbox_engine_requests",
            "Requests by outcome: ok, cancelled, or the error's code",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.cancelled = Counter(
            "pressbox_engine_cancelled", "Closed by the client", registry=self.registry
        )
        self.deadlines_missed = Counter(
            "pressbox_engine_deadline_missed",
            "Dropped from the queue at their deadline",
            registry=self.registry,
        )
        self.queue_wait = self._histogram("queue_wait_seconds", "From arrival to a free slot")
        self.first_audio = self._histogram(
            "first_audio_seconds", "From arrival to the first speech"
        )
        self.audio_seconds = Counter(
            "pressbox_engine_audio_seconds", "Seconds of speech made", registry=self.registry
        )
        self._tokens_per_second = Gauge(
            "pressbox_engine_tokens_per_second",
            f"From its first text to its last, of the newest answer of {FEW} tokens or more",
            registry=self.registry,
        )
        self._gpus = [
            Gauge(f"pressbox_engine_gpu_{name}", "As told", ["gpu", "name"], registry=self.registry)
            for name in _GPU
        ]
        self._gauge("in_flight", "Requests being served", running)
        self._gauge("queue_length", "Requests waiting", waiting)
        self._gauge("memory_short", "1 while requests are refused or cut for want of it", short)

    def told(self, tokens: int, seconds: float) -> None:
        """An answer of so many tokens was written; seconds from its first text to its last."""
        if tokens >= FEW and seconds > 0:
            self._tokens_per_second.set((tokens - 1) / seconds)

    def text(self) -> bytes:
        """The exposition, UTF-8. Blocks while nvidia-smi is asked, where there is one."""
        told = _gpus()
        for at, (gauge, unit) in enumerate(zip(self._gpus, _GPU.values(), strict=True), start=2):
            gauge.clear()
            for row in told:
                with suppress(ValueError, IndexError):  # [N/A], of MIG
                    value = float(row[at]) * unit
                    gauge.labels(*row[:2]).set(value)
        return generate_latest(self.registry)

    def _histogram(self, name: str, about: str) -> Histogram:
        return Histogram(f"pressbox_engine_{name}", about, buckets=_SECONDS, registry=self.registry)

    def _gauge(self, name: str, about: str, value: Callable[[], int]) -> None:
        Gauge(f"pressbox_engine_{name}", about, registry=self.registry).set_function(
            lambda: float(value())
        )


def _gpus() -> list[list[str]]:
    try:
        done = subprocess.run(_SMI, capture_output=True, text=True, timeout=_SMI_LIMIT, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.split(", ") for line in done.stdout.splitlines()]
