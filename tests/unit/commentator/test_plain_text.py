"""What an engine writes for screens is neither said nor shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.plugins.pressbox.commentator.clauses import whole_clauses
from livekit.plugins.pressbox.commentator.plain_text import PlainText, plain

WRITTEN = {
    "A car 🚗🙂 drives by.": "A car drives by.",
    "**Bold** move by the _red_ team, see [the stats](https://x.y/z?q=1) now.": (
        "Bold move by the red team, see the stats now."
    ),
    "See https://anna:pw@example.com:8080/a?c=d. Then www.foo.org": "See example.com. Then foo.org",
    "# Title\n- one\n- two": "Title. one. two",
    "<b>Bold</b><br/>text &amp; more<|im_end|>": "Bold text & more",
    r"It is $\frac{a}{b} \times x^2$, \(E = mc^2\), $5 or $6.": (
        "It is a/b × x², E = mc², $5 or $6."  # noqa: RUF001
    ),
    "5 * 3 = 15, snake_case, a < b > c, [1], #1, 20°C": (
        "5 * 3 = 15, snake_case, a < b > c, [1], #1, 20°C"
    ),
    "| Team | Goals |\n|---|---|\n| Red | 2 |": "Team, Goals. Red, 2",
    "```python\nprint(1)\n```": "print(1)",
    "tab\there\x07bell\u200bzero": "tab here bellzero",
    "一只猫**坐着**。它看着我😀": "一只猫坐着。它看着我",
    "two 3️⃣ 👨‍👩‍👧 four": "two four",
    "می‌روم": "می‌روم",
}


def in_pieces(text: str, sizes: list[int]) -> str:
    words, said, at = PlainText(), "", 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        said += words.feed(text[at : at + size])
        at += size
    return said + words.end()


@pytest.mark.parametrize(("written", "said"), WRITTEN.items())
@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=9))
def test_markup_is_taken_out_however_the_text_is_cut(
    written: str, said: str, sizes: list[int]
) -> None:
    assert in_pieces(written, sizes) == said


@given(
    st.text(st.sampled_from("ab .,\n*_`#<>[]()|$\\/:&;-!🚗字")),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_anything_is_read_and_what_was_given_stays(text: str, sizes: list[int]) -> None:
    said = in_pieces(text, sizes)
    assert "\n" not in said
    assert "🚗" not in said
    assert set(plain(text)) >= set(plain(said)) - {" ", "."}


def test_words_are_given_as_soon_as_nothing_can_change_them() -> None:
    words = PlainText()
    assert words.feed("A red **car** dri") == "A red car dri"
    assert words.feed("ves to the [left") == "ves to the"
    assert words.feed("](http://a.b) now ") == " left now"


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("A car stops. A man gets", "A car stops."),
        ("A car stops, a man gets", "A car stops."),
        ("A car of 3.5 tons which", ""),
        ("一只猫坐着，它看", "一只猫坐着."),  # noqa: RUF001
        ("A car stops.", "A car stops."),
    ],
)
def test_a_text_that_was_cut_off_ends_with_its_last_whole_clause(cut: str, whole: str) -> None:
    assert whole_clauses(cut) == whole
