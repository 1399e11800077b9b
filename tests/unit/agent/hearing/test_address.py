"""Whom something was said to, from what recognisers write."""

from __future__ import annotations

import pytest

from agent.hearing.address import addressed, wake_words

WORDS = wake_words("pressbox, Commentator,, ")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Pressbox, be brief.", "be brief."),
        ("Press ox, what is going on?", "what is going on?"),
        ("Hey, press box. Talk about the red car.", "Talk about the red car."),
        ("Okay commentator stop", "stop"),
        ("Commentator!", ""),
        ("How many people are there?", "How many people are there?"),
        ("何人いますか？", "何人いますか？"),  # noqa: RUF001
        ('He said: "Why?"', 'He said: "Why?"'),
        ("Be brief.", None),
        ("I press the button.", None),
        ("Tell the commentator about it.", None),
        ("Hello", None),
        ("...", None),
        ("", None),
    ],
)
def test_whom(text: str, asked: str | None) -> None:
    assert addressed(text, WORDS) == asked


def test_without_wake_words_only_questions_are_for_us() -> None:
    assert addressed("Pressbox, stop.", []) is None
    assert addressed("What is it?", []) == "What is it?"
