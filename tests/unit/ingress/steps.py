"""Steps of scripted readers, and how a test waits for what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingress.report import SourceReport

Step = dict[str, Any]
OPEN: Step = {"do": "open"}
HANG: Step = {"do": "hang"}
STUBBORN: Step = {"do": "hang", "stubborn": True}
RUNNING: Step = {"do": "pictures", "count": 100_000}


def pictures(count: int, **more: Any) -> Step:
    return {"do": "pictures", "count": count, **more}


def fail(kind: str, text: str = "scripted") -> Step:
    return {"do": "fail", "kind": kind, "text": text}


def states(reports: Sequence[SourceReport]) -> list[str]:
    """All states so far, without repetitions."""
    said = [report.state for report in reports]
    return [state for i, state in enumerate(said) if i == 0 or state != said[i - 1]]
