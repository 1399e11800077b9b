from __future__ import annotations

from dataclasses import replace

from tests.bench.hour_script import Act
from tests.bench.hour_text import Done, Hour, all_over, rows
from tests.support.onsets import Burst
from tests.support.records import LineMessage


def answer(name: str, received: float, question: str, phase: str = "start") -> LineMessage:
    more = {"question": question, "asker": "anna"}
    return LineMessage(received, name, "answer", phase, "Yes.", 0.0, 0.0, True, None, more)


def asked(at: float, what: str, result: str = "done", do: str = "chat") -> Done:
    return Done(at, Act(0.0, "anna", "ask" if do == "ask" else "chat", what), result)


def questions_row(lines: list[LineMessage], bursts: list[Burst], done: list[Done]) -> str:
    hour = Hour(0.0, 60.0, lines, bursts, [], [], [], done, [], [], [], [], 0.0)
    return next(row.measured for row in rows(hour) if row.what == "questions")


def test_an_answer_belongs_to_its_question_by_id_or_by_who_asked_what() -> None:
    lines = [answer("line_a", 10.0, "Who?"), answer("line_b", 20.0, "What is it? ")]
    bursts = [Burst(10.1, 11.0, 0), Burst(20.1, 21.0, 0)]
    done = [asked(9.9, "Who?"), asked(19.9, "What is it?", 'done: {"id": "line_b"}', "ask")]
    assert questions_row(lines, bursts, done).startswith("2 of 2 answered")
    other = [replace(lines[0], more={"question": "Who?", "asker": "ben"})]
    assert questions_row(other, bursts, done[:1]).startswith("0 of 1 answered")


def test_a_question_that_was_taken_back_is_not_one_without_answer() -> None:
    skip = Done(11.0, Act(0.0, "anna", "skip"), 'done: {"skipped": ["line_a"]}')
    ended = answer("line_a", 11.0, "Who?", "end")
    row = questions_row([ended], [], [asked(9.9, "Who?"), skip])
    assert row.startswith("0 of 0 answered (1 taken back)")


def test_all_is_over_when_the_last_answer_has_ended() -> None:
    done = [asked(9.9, "Who?"), asked(9.9, "be brief")]
    assert not all_over([answer("line_a", 10.0, "Who?")], done)
    assert all_over([answer("line_a", 10.0, "Who?", "end")], done)
