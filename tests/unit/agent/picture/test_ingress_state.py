"""What an ingress says about its source, whatever it says."""

from __future__ import annotations

import pytest

from agent.picture.ingress_state import LONGEST_ERROR, RARE, IngressState, parse
from ingress import report


def said(**fields: object) -> IngressState:
    made = report.SourceReport(name="gate", room="r", url="rtsp://cam", via="relay", **fields)  # type: ignore[arg-type]
    return parse(made.attribute())


def test_what_an_ingress_says_is_understood() -> None:
    for state in ("stalled", "reconnecting", "failed", "stopped"):
        assert said(state=state).away
    for state in ("connecting", "live"):
        assert not said(state=state).away
    found = said(state="reconnecting", error="the camera does not answer", frozen=0.0)
    assert str(found) == "reconnecting, the camera does not answer"
    assert str(said(state="live")) == "live"
    assert said(state="live", frozen=1_763_733_787.5).frozen == 1_763_733_787.5
    assert said(state="live", fps=0.25).interval == 4.0
    assert said(state="live", fps=0.0).interval == RARE
    assert said(state="stalled", fps=0.25).interval == 0.0


@pytest.mark.parametrize(
    "attribute",
    [
        *("", "{", "[]", "7", "null", '"live"', "[" * 100_000, "{}"),
        '{"state":7,"error":["x"],"frozen":"now"}',
        '{"state":null,"error":null,"frozen":NaN}',
        '{"frozen":1e300}',
        '{"frozen":-5}',
        '{"frozen":true}',
    ],
)
def test_anything_else_says_nothing(attribute: str) -> None:
    assert parse(attribute) == IngressState()


def test_an_error_is_one_short_line() -> None:
    found = parse('{"state":"failed","error":"a\\nb\\u2028' + "c" * 9999 + '"}')
    assert found.error.startswith("a b c")
    assert len(found.error) == LONGEST_ERROR
