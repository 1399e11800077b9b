"""What a model thinks is not said, whatever its tags are and however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.plugins.pressbox.engine.thoughts import Thoughts

TAGGED = [
    "<think>Hm. A < b?\n</think>A cat.",
    "<THINKING>Hm.</THINKING>A cat.",
    "◁think▷Hm.◁/think▷A cat.",
    "[THINK]Hm.[/THINK]A cat.",
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final A cat.",
    "<|channel>thought\nHm.<channel|>A cat.",
    "<unused94>thought\nHm.<unused95>A cat.",
]
cuts = st.lists(st.integers(1, 20), min_size=1, max_size=8)


def said(text: str, sizes: list[int], *, opened: bool | None, cut: bool = False) -> str:
    thoughts, heard, at = Thoughts(opened=opened), "", 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        heard += thoughts.feed(text[at : at + size])
        at += size
    return heard + thoughts.end(cut=cut)


@pytest.mark.parametrize("text", TAGGED)
@pytest.mark.parametrize("opened", [None, False])
@given(sizes=cuts)
def test_a_thought_in_its_tags_is_taken_out(
    text: str, opened: bool | None, sizes: list[int]
) -> None:
    assert said(text, sizes, opened=opened).strip() == "A cat."


@given(sizes=cuts)
def test_a_thought_whose_opening_the_template_wrote_is_held_back_at_the_first_answer(
    sizes: list[int],
) -> None:
    text = "Okay, the user wants one line.</think>\n\nA cat."
    assert said(text, sizes, opened=None).strip() == "A cat."
    assert said(text, sizes, opened=True).strip() == "A cat."


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("<think>A cat, I think", False),
        ("Okay, the user wants one", None),
        ("So the picture shows a", True),
    ],
)
@given(sizes=cuts)
def test_a_thought_that_takes_all_tokens_is_not_said(
    text: str, opened: bool | None, sizes: list[int]
) -> None:
    assert said(text, sizes, opened=opened, cut=True) == ""


@given(sizes=cuts)
def test_what_is_no_thought_is_said_whole(sizes: list[int]) -> None:
    text = "A <b>cat</b> [sits], 3 < 4."
    assert said(text, sizes, opened=False) == text
    assert said(text, sizes, opened=None) == text
    assert said(text, sizes, opened=None, cut=True) == text
    assert said(text, sizes, opened=True) == text


def test_a_model_that_does_not_think_is_let_through_at_once() -> None:
    thoughts = Thoughts(opened=None)
    assert thoughts.feed("A cat.") == ""
    assert thoughts.end(cut=False) == "A cat."
    assert thoughts.opened is False
    assert Thoughts(opened=thoughts.opened).feed("A cat.") == "A cat."
