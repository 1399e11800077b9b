from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.bench.commentary import WAY
from tests.bench.event_score import Due, displayed, score
from tests.bench.rules import moments_of, score_rules
from tests.bench.timeline import (
    Told,
    likeness,
    nearly_again,
    repeats,
    silences,
    timeline,
    voices_at_once,
)
from tests.support.film_source import Shown
from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame

OFFSET = 1_000_000.0
"""Unix seconds less monotonic ones."""


def message(name: str, received: float, text: str, phase: str = "start") -> LineMessage:
    seen = OFFSET + received - 2.0
    return LineMessage(received, name, "commentary", phase, text, seen, seen + 2, True, None)


def frame(received: float, captured: float) -> SeenFrame:
    return SeenFrame(received, round((captured + OFFSET) * 1e6), None, 64, 36, None)


def told(start: float, text: str, alike: float = 0.0) -> Told:
    return Told(str(start), "commentary", text, start, start + 1, True, None, 0.0, alike, None)


def test_each_line_has_the_sound_that_begins_after_its_message() -> None:
    lines = [message("a", 10.0, "One."), message("b", 12.0, "Two."), message("c", 14.0, "Three.")]
    bursts = [
        Burst(10.1, 10.5, 0),
        Burst(10.58, 11.85, 0),  # a word of the first line
        Burst(12.1, 13.0, 0),
        Burst(14.1, 14.6, 0),
    ]
    found = timeline(lines, bursts, [frame(12.09, 10.0)])
    assert [(line.start, line.end) for line in found] == [(10.1, 11.85), (12.1, 13.0), (14.1, 14.6)]
    assert silences(found) == pytest.approx([0.25, 1.1])
    assert found[1].sync == pytest.approx(-0.01)


def test_a_sound_is_of_one_line_and_a_line_without_is_not_heard() -> None:
    lines = [message("a", 10.0, "One."), message("cut", 11.9, "Cut."), message("b", 12.0, "Two.")]
    found = timeline(lines, [Burst(10.1, 11.0, 0), Burst(12.1, 13.0, 0)], [])
    assert [(line.id, line.spoken) for line in found] == [("a", True), ("cut", False), ("b", True)]


def test_a_line_that_cuts_off_another_without_a_gap_begins_with_its_message() -> None:
    cut = replace(message("a", 11.3, "One, two", "end"), dropped="interrupted")
    lines = [
        message("0", 5.0, "Zero."),
        message("a", 10.0, "One, two."),
        cut,
        message("b", 11.33, "An answer."),
    ]
    bursts = [Burst(5.1, 6.0, 0), Burst(10.1, 10.8, 0), Burst(10.9, 12.5, 0)]
    found = timeline(lines, bursts, [frame(12.0, 9.33)])
    assert [(line.start, line.end) for line in found[1:]] == [
        (10.1, pytest.approx(11.43)),
        (pytest.approx(11.43), 12.5),
    ]
    assert (found[2].spoken, found[2].sync) == (True, None)
    assert voices_at_once(lines) == 0


def test_voices_at_once_are_told_by_messages() -> None:
    lines = [message("a", 10.0, "One."), message("b", 11.0, "Two."), message("a", 11.5, "", "end")]
    assert voices_at_once(lines) == 1


def test_nearly_the_same_within_five_minutes_is_a_repeat_of_any_line() -> None:
    texts = [
        "They go to the right side of the table.",
        *"abcdef",
        "Now they go to the right side of the table.",
        "They go to the right side of the table.",
    ]
    times = [float(at) for at in (*range(0, 80, 10), 369)]
    lines = [told(at, text) for at, text in zip(times, texts, strict=True)]
    assert nearly_again(lines) == [(lines[0], lines[7]), (lines[7], lines[8])]


def test_a_rephrased_line_is_a_repeat_of_one_of_the_last_five() -> None:
    assert likeness("All is still.", "all is STILL") == 1.0
    assert likeness("A person comes in.", "Two cars pass by.") < 0.5
    others = [f"{word} {word} {word}." for word in ("red", "car", "dog", "sky")]
    texts = ["The man stands at the table.", *others, "At the table stands the man.", *others, "x"]
    times = [float(10 * number) for number in range(len(texts))]
    lines = [message(str(at), at, text) for at, text in zip(times, texts, strict=True)]
    found = timeline(lines, [], [])
    assert repeats(found)[0].text == "At the table stands the man."
    assert found[0] not in repeats(found)


def test_events_are_told_in_time_or_missed_and_claims_must_be_true() -> None:
    due = [Due(20.0, "came", "left"), Due(40.0, "left", "left"), Due(60.0, "dark", "")]
    lines = [
        told(20.5, "A person comes in from the left."),
        told(43.0, "The person leaves."),  # too late, so missed, and wrong
        told(59.0, "The light goes out."),
        told(70.0, "A person stands at the table."),  # claims nothing
    ]
    found = score(due, lines, (10.0, 90.0))
    assert found.late == pytest.approx((0.5, -1.0))
    assert [event.kind for event in found.missed] == ["left"]
    assert [line.start for line in found.wrong] == [43.0]
    assert found.f1 == pytest.approx(2 / 3)


def test_what_happens_at_the_edge_of_the_time_that_counts_is_no_miss() -> None:
    due = [Due(11.0, "came", ""), Due(89.5, "came", "")]
    found = score(due, [told(11.5, "A person enters.")], (10.0, 90.0))
    assert (found.late, found.missed, found.wrong) == ((), (), ())
    assert math.isnan(found.f1)


def test_one_line_may_tell_of_two_kinds_and_how_things_are_is_no_claim() -> None:
    due = [Due(20.0, "came", ""), Due(21.0, "left", "")]
    both = told(20.5, "A woman comes in while the man leaves.")
    after = told(30.0, "Nobody is in view.")
    found = score(due, [both, after], (10.0, 90.0))
    assert (len(found.late), found.missed, found.wrong) == (2, (), ())


def test_a_capture_time_is_on_display_when_its_frame_is_seen() -> None:
    seen = displayed([frame(12.0, 10.0), frame(12.1, 10.1)], OFFSET)
    assert seen(10.05) == pytest.approx(12.1)
    assert seen(10.2) is None
    assert seen(5.0) is None


def test_rules_hit_when_they_come_true() -> None:
    hits = [("gone", 29.0), ("gone", 50.0), ("visitor", 10.5), ("visitor", 11.0)]
    found = score_rules(hits, {"gone": (28.0, 78.0), "visitor": (10.0, 98.0)}, (5.0, 100.0))
    assert found.missed == ["gone at 78 s"]
    assert found.wrong == ["visitor at 11.0 s", "gone at 50.0 s"]
    assert found.precision == pytest.approx(0.5)
    assert found.recall == pytest.approx(2 / 3)


def test_a_camera_that_lags_or_begins_anew_shows_what_comes_true_later() -> None:
    shown = [Shown(100.0, 0.0), Shown(125.0, 20.0), Shown(195.0, 0.0)]
    found = moments_of(shown, (10.0, 28.0), 90.0)
    assert found == pytest.approx([10 + WAY, 33 + WAY, 105 + WAY, 123 + WAY])
