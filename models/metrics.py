"""What the server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from models.gpus import Gpu

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 1.6, 2.4, 3.2, 5.0, 8.0, 15.0)
FEW = 8
"""Tokens of an answer that is too short to tell a rate by."""
_GPU = (
    ("memory_used_bytes", "Memory of a GPU that is taken, by whomever"),
    ("memory_total_bytes", "Memory that a GPU has"),
    ("utilization_ratio", "Part of the time in which a GPU is at work"),
)


class Metrics:
    """One server's numbers, in a registry of its own."""

    def __init__(self, running: Callable[[], int], waiting: Callable[[], int]) -> None:
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
            Gauge(f"pressbox_engine_gpu_{name}", about, ["gpu", "name"], registry=self.registry)
            for name, about in _GPU
        ]
        self._gauge("in_flight", "Requests being served", running)
        self._gauge("queue_length", "Requests waiting", waiting)

    def told(self, tokens: int, seconds: float) -> None:
        """An answer of so many tokens was written; seconds from its first text to its last."""
        if tokens >= FEW and seconds > 0:
            self._tokens_per_second.set((tokens - 1) / seconds)

    def text(self, gpus: Iterable[Gpu] = ()) -> bytes:
        """The exposition, UTF-8."""
        for gauge in self._gpus:
            gauge.clear()
        for one in gpus:
            values = (one.memory_used, one.memory_total, one.utilization)
            for gauge, value in zip(self._gpus, values, strict=True):
                if value is not None:
                    gauge.labels(one.index, one.name).set(value)
        return generate_latest(self.registry)

    def _histogram(self, name: str, about: str) -> Histogram:
        return Histogram(f"pressbox_engine_{name}", about, buckets=_SECONDS, registry=self.registry)

    def _gauge(self, name: str, about: str, value: Callable[[], int]) -> None:
        Gauge(f"pressbox_engine_{name}", about, registry=self.registry).set_function(
            lambda: float(value())
        )
