"""What Prometheus reads of the ingress service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ingress.report import SourceReport, State

_LABELS = ("room", "source")


class _Collector:
    def __init__(self, reports: Sequence[SourceReport]) -> None:
        self._reports = reports

    def collect(self) -> Iterable[Metric]:
        state = GaugeMetricFamily(
            "pressbox_ingress_state", "1 for the state it is in", labels=(*_LABELS, "state")
        )
        for report in self._reports:
            for name in get_args(State):
                state.add_metric((report.room, report.name, name), float(report.state == name))
        yield state
        yield self._counter("frames", "Pictures read", "frames")
        yield self._counter("bytes", "Bytes of encoded pictures read", "byte_count")
        yield self._counter("reconnects", "Times it came back", "reconnects")
        yield self._counter("skipped", "Pictures left out, having fallen behind", "skipped")

    def _counter(self, name: str, said: str, field: str) -> Metric:
        family = CounterMetricFamily(f"pressbox_ingress_{name}", said, labels=_LABELS)
        for report in self._reports:
            family.add_metric((report.room, report.name), float(getattr(report, field)))
        return family


def exposition(reports: Sequence[SourceReport]) -> bytes:
    """These reports in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(reports))
    return generate_latest(registry)
