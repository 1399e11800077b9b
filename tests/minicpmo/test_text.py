"""Text on its way in and out."""

from __future__ import annotations

import pytest

from models.runtime.text import SpokenText, one_line, plain


def test_ordinary_text_stays() -> None:
    text = "Is 3 < 5, and who is “Zoë”?\n\u05d0\u05d1 你好 🙂 C++ a>b |x|"
    assert plain(text) == text


def test_what_is_no_text_goes() -> None:
    assert plain("a\x00b\x1b[0m\ufeff") == "a b [0m"
    assert plain("bad \ud800 half") == "bad ? half"
    assert one_line("a\nb\r\n\tc\u2028d\x85e") == "a b c d e"


def spoken(*pieces: str) -> list[str]:
    text = SpokenText()
    return [out for out in (*map(text.push, pieces), text.flush()) if out]


@pytest.mark.parametrize(
    "pieces",
    [
        ("<|tts_bos|>", "Hello", "<|tts_eos|>"),
        ("<|tts", "_bos|>Hel", "lo<", "|im_end", "|", ">"),
        ("<think>", "\n\n", "</think>", "\nHello"),
        ("Hel", "<unk>", "lo"),
        ("<", "image", ">", "Hello", "<", "/", "image>"),
    ],
)
def test_no_tag_gets_out(pieces: tuple[str, ...]) -> None:
    assert "".join(spoken(*pieces)) == "Hello"


def test_text_passes_as_it_comes_also_what_only_looks_like_a_tag() -> None:
    assert spoken(" A", " man", " runs", ".") == ["A", " man", " runs", "."]
    assert "".join(spoken("..", ". ", "well")) == "... well"
    assert "".join(spoken("1 <", " 2 and a<b", " <|x")) == "1 < 2 and a<b <|x"


@pytest.mark.parametrize(
    "pieces", [(), ("...",), (".", ".", " ."), ("\u2026",), ("\n",), ("<unk>",)]
)
def test_nothing_worth_saying(pieces: tuple[str, ...]) -> None:
    assert spoken(*pieces) == []
