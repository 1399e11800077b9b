"""The small parts of the backend that need no model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from models.minicpmo.kept import Kept, content_key
from models.minicpmo.token_tap import penalised
from models.minicpmo.token_text import TokenText, _byte_of
from models.runtime.parts import Frame, Sound


def test_what_was_used_longest_ago_goes_first() -> None:
    kept: Kept[str] = Kept(count=2, limit=100)
    kept.put(b"a", "A", 10)
    kept.put(b"b", "B", 10)
    assert kept.get(b"a") == "A"
    kept.put(b"c", "C", 10)
    assert [kept.get(key) for key in (b"a", b"b", b"c")] == ["A", None, "C"]
    kept.put(b"d", "D", 95)
    assert [kept.get(key) for key in (b"a", b"c", b"d")] == [None, None, "D"]
    kept.put(b"e", "E", 101)
    assert kept.bytes == 0
    kept.put(b"f", "F", 1)
    kept.clear()
    assert kept.get(b"f") is None


def test_content_is_told_apart() -> None:
    ones, zeros = np.ones((2, 3, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)
    sound = Sound(np.zeros(18, np.float32))
    different = [
        (),
        ("a",),
        ("a", "b"),
        ("ab",),
        (Frame(ones),),
        (Frame(zeros),),
        (Frame(zeros.reshape(3, 2, 3)),),
        (sound,),
        ("a", Frame(ones)),
    ]
    assert len({content_key(parts) for parts in different}) == len(different)
    assert content_key([Frame(ones)]) == content_key([Frame(ones.copy())])


def test_the_window_of_penalties_moves_by_chunks() -> None:
    assert penalised(range(5)) == [0, 1, 2, 3, 4]
    assert penalised(range(11)) == list(range(11))
    assert penalised(range(150)) == list(range(141 - 128, 150))
    assert penalised(range(151)) == list(range(151 - 128, 151))
    assert penalised([7, 7, 3]) == [3, 7]


def test_tokens_become_whole_characters() -> None:
    letters = {byte: letter for letter, byte in _byte_of().items()}
    tokens = [
        "".join(letters[byte] for byte in part)
        for part in (b"caf", b"\xc3", b"\xa9 \xf0\x9f", b"\x98", b"\x80!", b"\xff", b"z")
    ]
    tokenizer = SimpleNamespace(
        added_tokens_decoder={99: "<|im_end|>"},
        convert_ids_to_tokens=lambda at: tokens[at] if at < len(tokens) else None,
    )
    text = TokenText(tokenizer)
    pieces = [text.push(token) for token in (0, 1, 99, 2, 3, 4, 5, 1000, 6)]
    assert pieces == ["caf", "", "", "é ", "", "😀!", "\ufffd", "", "z"]
    assert text.flush() == ""
    text.push(1)
    assert text.flush() == "\ufffd"


def test_every_byte_has_a_letter() -> None:
    from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode

    assert _byte_of() == {letter: byte for byte, letter in bytes_to_unicode().items()}
