"""What Prometheus reads of the ingress service: docs/metrics.md tells each name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import get_args

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from config.totals import Totals
from ingress.report import SourceReport, State

_COUNTED = {
    "frames": ("Pictures read", "frames"),
    "bytes": ("Bytes of encoded pictures read", "byte_count"),
    "reconnects": ("Times that a source came back", "reconnects"),
    "skipped": ("Pictures left out, having fallen behind", "skipped"),
}
"""Name, what it says, field of a report."""


class Metrics:
    """Collector of one registry. Sources are added up, unless they are to stand there by name."""

    def __init__(self, reports: Callable[[], Sequence[SourceReport]], *, by_name: bool) -> None:
        self._reports = reports
        self._labels = ("room", "source") if by_name else ()
        self._totals = {name: Totals() for name in _COUNTED}
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self.registry)

    def collect(self) -> Iterable[Metric]:
        """For the registry."""
        reports = self._reports()
        about = "Sources in this state"
        states = GaugeMetricFamily(
            "pressbox_ingress_sources", about, labels=(*self._labels, "state")
        )
        for state in get_args(State):
            if self._labels:
                for one in reports:
                    states.add_metric((one.room, one.name, state), float(one.state == state))
            else:
                states.add_metric((state,), sum(one.state == state for one in reports))
        yield states
        for name, (about, field) in _COUNTED.items():
            family = CounterMetricFamily(f"pressbox_ingress_{name}", about, labels=self._labels)
            counts = {(one.room, one.name): float(getattr(one, field)) for one in reports}
            if not self._labels:
                family.add_metric((), self._totals[name].of(counts))
            for place, count in counts.items() if self._labels else ():
                family.add_metric(place, count)
            yield family
