"""Text on its way in and out."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from models.runtime.text import SpokenText, one_line, plain

# Of the tokenizer that comes with the checkpoint, and the placeholders of its processor.
_TOKENS = """
<unk> <|endoftext|> <|im_start|> <|im_end|> <|vision_start|> <|image_pad|> <tool_call>
</tool_call> <|fim_prefix|> <think> </think> <image> </image> <ref> </ref> <box> <quad>
<point> <slice> </slice> <image_id> </image_id> <unit> </unit> <answer> <focus> <line>
<perception> <source_image> <image_save_to> <|audio_start|> <|audio|> <|audio_end|>
<|spk_bos|> <|spk|> <|spk_eos|> <|tts_bos|> <|tts_eos|> <|listen|> <|speak|> <|interrupt|>
<|turn_eos|> <|chunk_eos|> <|tts_pad|> <|timbre_31|> <image>./</image> <audio>./</audio>
<reserved_53> </s>
"""
SPECIAL = _TOKENS.split()


@pytest.mark.parametrize("token", SPECIAL)
def test_no_special_token_gets_in(token: str) -> None:
    for text in (token, f"a{token}b", token * 3, token[:3] + token + token[3:], f"<{token}>"):
        cleaned = plain(text)
        assert not any(special in cleaned for special in SPECIAL)


def test_no_special_token_comes_of_pieces() -> None:
    """Whatever is cut out of special tokens and put together again."""
    rng = random.Random(5)
    for _ in range(4000):
        token = rng.choice(SPECIAL)
        at = rng.randint(0, len(token))
        dirt = rng.choice(["", "", "\x00", "\ufeff", "\x1b"])
        pieces = [token[:at], dirt, token[at:]]
        assert token not in "".join(map(plain, pieces))
        assert token not in "".join(map(one_line, pieces))
        assert token not in plain("".join(pieces))


def test_ordinary_text_stays() -> None:
    text = "Is 3 < 5, and who is “Zoë”?\n\u05d0\u05d1 你好 🙂 C++ a>b |x|"
    assert plain(text) == text


def test_what_is_no_text_goes() -> None:
    assert plain("a\x00b\x1b[0m\ufeff") == "a b [0m"
    assert plain("bad \ud800 half") == "bad ? half"
    json.dumps(plain("\udfff")).encode()


def test_one_line() -> None:
    assert one_line("a\nb\r\n\tc\u2028d\x85e") == "a b c d e"


def spoken(*pieces: str) -> list[str]:
    text = SpokenText()
    return [out for out in (*map(text.push, pieces), text.flush()) if out]


def test_text_passes_as_it_comes() -> None:
    assert spoken(" A", " man", " runs", ".") == ["A", " man", " runs", "."]


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


def test_what_only_looks_like_a_tag_gets_out() -> None:
    assert "".join(spoken("1 <", " 2 and a<b", " <|x")) == "1 < 2 and a<b <|x"


@pytest.mark.parametrize(
    "pieces", [(), ("...",), (".", ".", " ."), ("\u2026",), ("\n",), ("<unk>",)]
)
def test_nothing_worth_saying(pieces: tuple[str, ...]) -> None:
    assert spoken(*pieces) == []


def test_dots_before_words_are_said() -> None:
    assert "".join(spoken("..", ". ", "well")) == "... well"


def test_the_special_tokens_of_a_real_tokenizer() -> None:
    folder = os.environ.get("PRESSBOX_TEST_MODEL")
    if not folder:
        pytest.skip("PRESSBOX_TEST_MODEL names no checkpoint")
    config = json.loads((Path(folder) / "tokenizer_config.json").read_text("utf-8"))
    tokens = [token["content"] for token in config["added_tokens_decoder"].values()]
    assert "<|im_end|>" in tokens
    for token in tokens:
        assert not any(special in plain(f"x{token}y") for special in tokens)
