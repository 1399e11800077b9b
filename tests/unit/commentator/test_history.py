from __future__ import annotations

from livekit.agents import llm

from agent.commentator.history import MAX_ITEMS, MAX_TURNS, History
from agent.commentator.line import Line, new_line
from agent.commentator.prompt import Turn


def line(text: str, seconds: float = 2.0) -> Line:
    made = new_line("commentary", anchor=0.0, requested_at=0.0)
    made.text, made.audio_seconds = text, seconds
    return made


def said(history: History, text: str) -> Line:
    made = line(text)
    history.line_ready(made)
    history.line_emitted(made)
    history.line_made(made)
    return made


def ask(history: History, text: str) -> None:
    context = history.chat_ctx
    context.add_message(role="user", content=text)
    history.replace(context)


def texts(history: History) -> list[str | None]:
    return [message.text_content for message in history.chat_ctx.messages()]


def test_lines_enter_the_context_when_they_are_said_and_grow_until_they_are_made() -> None:
    history, made = History(), line("A ball")
    history.line_ready(made)
    assert texts(history) == []
    assert history.turns(but="") == [Turn("assistant", "A ball")]
    history.line_emitted(made)
    made.text = "A ball rolls."
    history.line_made(made)
    assert texts(history) == ["A ball rolls."]
    assert history.chat_ctx.items[0].id == made.id


def test_dropped_lines_were_never_said() -> None:
    history, waiting, handed_over = History(), line("A."), line("B.")
    for made in (waiting, handed_over):
        history.line_ready(made)
    history.line_emitted(handed_over)
    history.line_dropped(waiting)
    history.line_dropped(handed_over)
    history.line_made(handed_over)
    assert texts(history) == []
    assert history.turns(but="") == []


def test_a_question_is_taken_once_and_only_if_it_is_the_newest() -> None:
    history = History()
    assert history.take_question() == ""
    ask(history, "What?")
    assert history.turns(but="What?") == []
    assert history.take_question() == "What?"
    assert history.take_question() == ""
    ask(history, "And now?")
    said(history, "A ball.")
    assert history.take_question() == ""


def test_truncation_keeps_what_was_heard() -> None:
    history = History()
    cut = said(history, "one two three four")
    history.truncate(cut.id, heard="one two", seconds=1.0)
    history.line_made(cut)
    assert texts(history) == ["one two"]
    by_time = said(history, "one two three four")
    history.truncate(by_time.id, heard=None, seconds=1.5)
    assert texts(history)[-1] == "one two three"
    unheard = said(history, "never")
    history.truncate(unheard.id, heard="", seconds=0.0)
    assert texts(history) == ["one two", "one two three"]
    history.truncate("unknown", heard=None, seconds=0.0)


def test_livekit_may_take_items_out_and_carry_ones_without_a_role() -> None:
    history = History()
    made = line("A.")
    history.line_emitted(made)
    call = llm.FunctionCall(call_id="1", name="f", arguments="{}")
    history.replace(llm.ChatContext([call]))
    history.line_made(made)
    assert [item.type for item in history.chat_ctx.items] == ["function_call"]
    assert history.turns(but="") == []


def test_it_stays_bounded() -> None:
    history = History()
    for number in range(3 * MAX_ITEMS):
        said(history, f"Line {number}.")
    assert len(history.chat_ctx.items) == MAX_ITEMS
    assert len(history.turns(but="")) == MAX_TURNS
    assert history.turns(but="")[-1].text == f"Line {3 * MAX_ITEMS - 1}."
