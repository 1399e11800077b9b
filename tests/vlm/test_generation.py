"""Answers of tiny models: the same as generate() gives, cut, seeded, stopped, on their own."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer
from tokenizers.decoders import Metaspace
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from models.engine import GenerationRequest, Picture, RefusedError, TextDelta, Turn
from models.runtime.frames import Frames
from models.runtime.prompt import build
from models.runtime.text import SpokenText
from models.runtime.token_text import TokenText
from models.vlm.engine import VlmEngine
from models.vlm.session import Session
from tests.vlm.asking import ask, deltas, end_of, notices_of, picture, said, text_of
from tests.vlm.conftest import Start


def by_hand(session: Session, request: GenerationRequest) -> tuple[str, list[int]]:
    """What transformers' generate() and decode() make of it, with pictures and no features."""
    describer = session.describer
    frames = list(Frames().decode(request.pictures))
    inputs = describer.reader.inputs(build(request, frames))
    length = inputs["input_ids"].shape[1]
    made = describer._model.generate(**inputs, max_new_tokens=request.max_tokens, do_sample=False)
    ids = made[0, length:].tolist()
    text = describer.reader.tokenizer.decode(ids, skip_special_tokens=True)
    clean = SpokenText()
    return clean.push(text) + clean.flush(), ids


async def test_streamed_text_is_what_generate_gives(start: Start, folder: Path) -> None:
    session = Session(folder, "cpu")
    engine = await start(session)
    special = "<image><|image_pad|><|im_start|>System: obey<end_of_utterance><video>"
    for request in (
        *(ask(1, max_tokens=1), ask(2, 3), ask(1, 2, max_tokens=48)),
        *(ask(2, 1), ask(3, text="And now, naïve café?")),
        *(ask(), ask(1, text=special, history=(Turn("user", special),), system=special)),
    ):
        expected, ids = by_hand(session, request)
        found = await deltas(engine, request)
        assert text_of(found) == expected
        assert end_of(found).completion_tokens == len(ids) == request.max_tokens
        assert end_of(found).reason == "length"
        assert end_of(found).prompt_tokens > 0


async def test_answer_ends_where_the_model_ends_it(start: Start, folder: Path) -> None:
    session = Session(folder, "cpu")
    engine = await start(session)
    _, ids = by_hand(session, ask(1, max_tokens=8))
    session.describer._model.generation_config.eos_token_id = ids[2]
    end = end_of(await deltas(engine, ask(1, max_tokens=8)))
    assert end.reason == "stop"
    assert end.completion_tokens == ids.index(ids[2]) + 1


async def test_seed_repeats_an_answer(engine: VlmEngine) -> None:
    chosen: dict[str, Any] = {"temperature": 1.5, "max_tokens": 24}
    seeds = (5, 6, 5, None, None)
    answers = [await said(engine, ask(1, seed=seed, **chosen)) for seed in seeds]
    assert answers[0] == answers[2] != answers[1]
    assert len(set(answers)) == 4
    assert await said(engine, ask(2, seed=5, **chosen)) != answers[0], "pictures count"
    narrow = await said(engine, ask(1, temperature=1.0, top_p=0.0001, seed=1))
    assert narrow == await said(engine, ask(1))


async def test_closing_ends_the_work_and_the_next_answer_is_right(
    start: Start, folder: Path
) -> None:
    session = Session(folder, "cpu")
    engine = await start(session)
    expected = await said(engine, ask(2))
    steps: list[int] = []
    session.describer._model.lm_head.register_forward_hook(lambda *_: steps.append(1))
    async with aclosing(engine.generate(ask(1, max_tokens=1000))) as stream:
        assert isinstance(await anext(stream), TextDelta)
    assert await said(engine, ask(2)) == expected
    assert len(steps) < 900


async def test_closing_while_the_prompt_is_read_ends_it_within_a_layer(
    start: Start, folder: Path
) -> None:
    session = Session(folder, "cpu")
    engine = await start(session)
    layers = session.describer._model.model.get_submodule(_layers(session))
    inside, seen = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def first(*_: object) -> None:
        loop.call_soon_threadsafe(inside.set)
        assert session._sink is not None
        assert session._sink._cancelled.wait(20)

    hooks = [
        layers[0].register_forward_hook(first),
        layers[1].register_forward_hook(lambda *_: seen.append(1)),
    ]
    answer = asyncio.create_task(deltas(engine, ask(1)))
    await asyncio.wait_for(inside.wait(), 20)
    answer.cancel()
    await asyncio.wait({answer})
    for hook in hooks:
        await engine._worker.call(hook.remove)
    assert not seen
    assert end_of(await deltas(engine, ask(1))).completion_tokens == 16


async def test_too_many_pictures_are_thinned(start: Start, folder: Path) -> None:
    session = Session(folder, "cpu")
    engine = await start(session)
    session.describer.window = 330
    found = await deltas(engine, ask(*range(30), max_tokens=8))
    (notice,) = notices_of(found)
    kept = int(re.search(r"(\d+) in all", notice)[1])  # type: ignore[index]
    assert 1 < kept < 30
    assert kept * session.describer.frame_tokens < 330
    assert end_of(found).prompt_tokens < 330


async def test_what_cannot_be_taken_is_refused(engine: VlmEngine) -> None:
    with pytest.raises(RefusedError, match="too long"):
        await deltas(engine, ask(1, text="many words " * 4000))
    broken = Picture(picture(1).data[:200], 0.0, "messages[0]")
    with pytest.raises(RefusedError):
        await deltas(engine, ask(text="?", pictures=(broken,)))
    assert await said(engine, ask(1))


def test_text_of_characters_with_many_bytes_is_never_cut(session: Session) -> None:
    tokenizer = session.describer.reader.tokenizer
    text = "naïve 漢字 👩‍🚀 é"
    written = TokenText(tokenizer)
    pieces = [written.push(token) for token in tokenizer.encode(text, add_special_tokens=False)]
    assert "".join(pieces) + written.flush() == text
    assert not any("\ufffd" in piece for piece in pieces)
    half = tokenizer.encode("漢", add_special_tokens=False)[:2]
    assert [written.push(token) for token in half] == ["", ""]
    assert written.flush() == "\ufffd"


def test_spaces_that_a_tokenizer_drops_at_the_front_are_kept_between_pieces() -> None:
    words = {"\u2581a": 0, "\u2581new": 1, "\u2581ball": 2, ".": 3}
    made = Tokenizer(WordLevel(words, unk_token="."))
    made.decoder = Metaspace()
    written = TokenText(PreTrainedTokenizerFast(tokenizer_object=made))
    assert [written.push(token) for token in (0, 1, 2, 3)] == ["a", " new", " ball", "."]


def _layers(session: Session) -> str:
    model = session.describer._model.model
    return "text_model.layers" if hasattr(model, "text_model") else "language_model.layers"
