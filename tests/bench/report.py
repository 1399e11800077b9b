"""The rows of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what, the figure to reach, what was measured, and its baseline."""

    what: str
    reach: str
    measured: str
    baseline: str


def table(rows: Sequence[Row]) -> str:
    """A Markdown table."""
    lines = ["| what | reach | measured | beside it |", "|---|---|---|---|"]
    lines += [f"| {r.what} | {r.reach} | {r.measured} | {r.baseline} |" for r in rows]
    return "\n".join(lines) + "\n"


def p(values: Sequence[float], quantile: float) -> float:
    """A quantile; nan of nothing."""
    return float(np.quantile(values, quantile)) if len(values) else float("nan")


def ms(seconds: float) -> str:
    """Seconds as whole milliseconds."""
    return f"{seconds * 1000:.0f} ms"


def spread(values: Sequence[float]) -> str:
    """Median, 95th percentile and largest value of a set of seconds, in milliseconds."""
    largest = max(values, default=float("nan"))
    return f"p50 {ms(p(values, 0.5))}, p95 {ms(p(values, 0.95))}, max {ms(largest)}"
