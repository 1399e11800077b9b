"""What the bench makes of a viewer's records: which sound is whose, what was told, what answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.bench.commentary import WAY
from tests.bench.event_score import Due, displayed, score
from tests.bench.hour_script import Act
from tests.bench.hour_text import Done, Hour, all_over, rows
from tests.bench.naming import Tally, hold
from tests.bench.rules import moments_of, score_rules
from tests.bench.timeline import Told, nearly_again, repeats, silences, timeline, voices_at_once
from tests.support.camera_source import Shown
from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame

OFFSET = 1_000_000.0
"""Unix seconds less monotonic ones."""


def message(name: str, received: float, text: str, phase: str = "start") -> LineMessage:
    seen = OFFSET + received - 2.0
    return LineMessage(received, name, "commentary", phase, text, seen, seen + 2, True, None)


def frame(received: float, captured: float) -> SeenFrame:
    return SeenFrame(received, round((captured + OFFSET) * 1e6), None, 64, 36, None)


def told(start: float, text: str) -> Told:
    return Told(str(start), "commentary", text, start, start + 1, True, None, 0.0, 0.0, None)


def test_each_line_has_the_sound_that_begins_after_its_message_and_one_without_is_not_heard() -> (
    None
):
    names = {"a": 10.0, "b": 12.0, "cut": 13.9, "c": 14.0}
    word_of_a = Burst(10.58, 11.85, 0)
    bursts = [Burst(10.1, 10.5, 0), word_of_a, Burst(12.1, 13.0, 0), Burst(14.1, 14.6, 0)]
    lines = [message(name, at, f"{name}.") for name, at in names.items()]
    found = timeline(lines, bursts, [frame(12.09, 10.0)])
    heard = [(line.id, line.start, line.end) for line in found if line.spoken]
    assert heard == [("a", 10.1, 11.85), ("b", 12.1, 13.0), ("c", 14.1, 14.6)]
    assert silences(found) == pytest.approx([0.25, 1.1])
    assert found[1].sync == pytest.approx(-0.01)


def test_a_line_that_cuts_off_another_without_a_gap_begins_with_its_message() -> None:
    cut = replace(message("a", 11.3, "One, two", "end"), dropped="interrupted")
    starts = [message("0", 5.0, "Zero."), message("a", 10.0, "One, two.")]
    lines = [*starts, cut, message("b", 11.33, "An answer.")]
    bursts = [Burst(5.1, 6.0, 0), Burst(10.1, 10.8, 0), Burst(10.9, 12.5, 0)]
    _, first, then = timeline(lines, bursts, [frame(12.0, 9.33)])
    spans = [first.start, first.end, then.start, then.end]
    assert spans == pytest.approx([10.1, 11.43, 11.43, 12.5])
    assert (then.spoken, then.sync) == (True, None)
    assert voices_at_once(lines) == 0
    assert voices_at_once([*starts, message("b", 11.0, "Two."), cut]) == 1


def test_a_line_is_a_repeat_of_the_last_five_or_nearly_one_of_the_last_five_minutes() -> None:
    texts = ["The man stands at the table.", *"abcd", "At the table stands the man.", "e", "f"]
    lines = [message(str(at), 10.0 * at, text) for at, text in enumerate(texts)]
    assert [line.text for line in repeats(timeline(lines, [], []))] == [texts[5]]
    again = {0.0: texts[0], 10.0: "x", 70.0: f"{texts[0]} ", 371.0: texts[0]}
    found = [told(at, text) for at, text in again.items()]
    assert nearly_again(found) == [(found[0], found[2])]


def test_events_are_told_in_time_or_missed_and_claims_must_be_true() -> None:
    due = [Due(11.0, "came", ""), Due(20.0, "came", ""), Due(21.0, "left", "")]
    due += [Due(40.0, "left", ""), Due(60.0, "dark", ""), Due(89.5, "came", "")]
    lines = [
        told(11.5, "A person enters."),  # too near the edge to count
        told(20.5, "A person comes in while the man leaves."),
        told(43.0, "The person leaves."),  # too late, so missed, and wrong
        told(59.0, "The light goes out."),
        told(70.0, "Nobody is in view."),  # claims nothing
    ]
    found = score(due, lines, (10.0, 90.0))
    assert found.late == pytest.approx((0.5, -0.5, -1.0))
    assert [event.at for event in found.missed] == [40.0]
    assert [line.start for line in found.wrong] == [43.0]
    assert found.f1 == pytest.approx(6 / 8)


def test_a_capture_time_is_on_display_when_its_frame_is_seen() -> None:
    seen = displayed([frame(12.0, 10.0), frame(12.1, 10.1)], OFFSET)
    assert seen(10.05) == pytest.approx(12.1)
    assert seen(10.2) is seen(5.0) is None


def test_rules_hit_when_they_come_true() -> None:
    hits = [("gone", 29.0), ("gone", 50.0), ("visitor", 10.5), ("visitor", 11.0)]
    found = score_rules(hits, {"gone": (28.0, 78.0), "visitor": (10.0, 98.0)}, (5.0, 100.0))
    assert (found.missed, found.wrong) == (
        ["gone at 78 s"],
        ["visitor at 11.0 s", "gone at 50.0 s"],
    )
    assert [found.precision, found.recall] == pytest.approx([1 / 2, 2 / 3])


def test_a_camera_that_lags_or_begins_anew_shows_what_comes_true_later() -> None:
    shown = [Shown(100.0, 0.0), Shown(125.0, 20.0), Shown(195.0, 0.0)]
    found = moments_of(shown, (10.0, 28.0), 90.0)
    assert found == pytest.approx([10 + WAY, 33 + WAY, 105 + WAY, 123 + WAY])


def test_an_answer_belongs_to_its_question_by_id_or_by_who_asked_what() -> None:
    more = {"question": "Who?", "asker": "anna"}
    first = replace(message("line_a", 10.0, "I."), kind="answer", more=more)
    second = replace(message("line_b", 20.0, "It."), kind="answer")
    who = Done(9.9, Act(0, "anna", "chat", "Who?"), "done")
    what = Done(19.9, Act(0, "ben", "ask", "What?"), 'done: {"id": "line_b"}')
    nobody = Done(29.9, Act(0, "ben", "chat", "Who?"), "done")
    back = Done(21.0, Act(0, "ben", "skip"), 'done: {"skipped": ["line_b"]}')
    bursts = [Burst(10.1, 11.0, 0), Burst(20.1, 21.0, 0)]

    def answered(*done: Done) -> str:
        hour = Hour(0.0, 60.0, [first, second], bursts, done=list(done))
        return next(row.measured for row in rows(hour) if row.what == "questions")

    assert answered(who, what, nobody).startswith("2 of 3 answered (0 taken back)")
    assert answered(who, what, back).startswith("1 of 1 answered (1 taken back)")
    assert not all_over([first, second], [who])
    assert all_over([replace(first, phase="end")], [who, back])


@pytest.mark.parametrize(
    ("at", "line", "true"),
    [
        (2.0, "A person comes in from the left.", True),
        (3.0, "The person, dressed in grey, stops.", True),
        (1.0, "Nobody is left.", True),
        (2.0, "Nobody is in view.", False),
        (13.0, "Three people are here.", False),
        (5.0, "The person has left.", True),
        (14.0, "The person has left to the right.", False),
        (13.0, "A tv is on.", True),
        (13.0, "Two cell phones lie there.", False),
    ],
)
def test_a_line_is_true_when_all_that_it_names_was_there(at: float, line: str, true: bool) -> None:
    labels = {0.0: (0, 0), 2.0: (1, 1), 4.0: (0, 1), 12.0: (0, 0), 14.0: (0, 0)}
    tally = hold([(at, line)], labels)
    assert (tally.named, tally.true, tally.there) == (1, true, 1)


def test_a_person_is_found_while_the_last_line_has_one_and_names_are_counted_one_by_one() -> None:
    labels = {float(second): (1, 1) for second in range(0, 10, 2)}
    lines = [(1.5, "A person enters."), (3, "It moves."), (5, "They stand."), (6.5, "All left.")]
    assert hold([*lines, (7.5, "The person is gone.")], labels).found == 4
    tally = Tally()
    for names in ({"person": 2, "tv": 1, "dog": 1}, {}):
        tally.add(2, Counter(names), labels)
    assert (tally.named, tally.true, tally.there, tally.found) == (4, 2, 2, 1)
