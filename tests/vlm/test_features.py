"""Pictures that were seen are not looked at again, and nobody can tell."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers.modeling_outputs import BaseModelOutputWithPooling

from models.runtime.frames import Frames
from models.runtime.parts import Frame
from models.runtime.prompt import build
from models.vlm import features
from models.vlm.features import Features, joined
from models.vlm.session import Session
from tests.vlm.asking import ask, picture, said
from tests.vlm.conftest import Start
from tests.vlm.test_generation import by_hand


def looks(session: Session) -> list[int]:
    """Grows by one with each run of the vision tower."""
    model, found = session.describer._model.model, []
    tower = model.vision_model if hasattr(model, "vision_model") else model.vision_tower
    tower.register_forward_hook(lambda *_: found.append(1))
    return found


async def test_each_picture_is_looked_at_once(start: Start, folder: Path) -> None:
    session = Session(folder, "cpu")
    engine = await start(session)
    assert session.describer.reuses
    seen = looks(session)
    counts = []
    for window in ((1, 2), (2, 3), (2, 3), (3, 4, 5), (1,)):
        await said(engine, ask(*window))
        counts.append(len(seen))
    assert counts == [2, 3, 3, 5, 5]


async def test_the_answer_is_the_same_as_without(start: Start, folder: Path) -> None:
    session = Session(folder, "cpu")
    engine = await start(session)
    requests = [ask(*window, max_tokens=32) for window in ((1, 2), (2, 3), (3, 2), (4, 3, 2, 1))]
    expected = [by_hand(session, request)[0] for request in requests]
    assert [await said(engine, request) for request in requests] == expected
    assert len(set(expected)) > 1


def test_logits_are_the_same_for_pictures_of_several_shapes(session: Session) -> None:
    sizes = ((90, 160), (160, 90), (64, 64))
    pictures = tuple(picture(at, float(at - 2), size) for at, size in enumerate(sizes))
    request = ask(pictures=pictures)
    frames = list(Frames().decode(pictures))
    prompt = build(request, frames)
    describer = session.describer
    kept = Features(describer.look)
    plain = describer.next_logits(prompt, frames, None)
    torch.testing.assert_close(describer.next_logits(prompt, frames, kept), plain)
    swapped = build(request, frames[::-1])
    other = describer.next_logits(swapped, frames[::-1], kept)
    assert not torch.allclose(other, plain)


async def test_a_model_that_answers_otherwise_keeps_nothing(
    start: Start,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def wrong(model: Any, inputs: dict[str, Any]) -> Any:
        output = right(model, inputs)
        return type(output)(pooler_output=[part * 0 for part in output.pooler_output])

    right = features.encode
    monkeypatch.setattr(features, "encode", wrong)
    session = Session(folder, "cpu")
    with caplog.at_level(logging.WARNING):
        engine = await start(session)
    assert not session.describer.reuses
    assert "looked at again in each window: its answer changes by" in caplog.text
    seen = looks(session)
    assert await said(engine, ask(1)) == by_hand(session, ask(1))[0]
    assert seen


def test_bytes_are_bounded_and_the_oldest_go() -> None:
    looked: list[int] = []

    def look(frame: Frame) -> BaseModelOutputWithPooling:
        looked.append(int(frame.rgb[0, 0, 0]))
        return BaseModelOutputWithPooling(pooler_output=[torch.zeros(10, 10)])

    kept = Features(look, limit=1000)
    for wanted in ((1, 2), (2, 3), (2,), (1,)):
        kept.of([_frame(value) for value in wanted])
        assert kept.kept_bytes <= 1000
    assert looked == [1, 2, 3, 1]


def test_a_window_larger_than_the_bound_is_still_whole() -> None:
    kept = Features(lambda _: BaseModelOutputWithPooling(pooler_output=[torch.ones(9, 9)]), 1)
    output = kept.of([_frame(value) for value in range(4)])
    assert [tuple(part.shape) for part in output.pooler_output] == [(9, 9)] * 4


def test_features_are_joined_in_the_container_that_they_came_in() -> None:
    stacked = [
        BaseModelOutputWithPooling(pooler_output=torch.full((1, 4, 8), i)) for i in (1.0, 2.0)
    ]
    together = joined(stacked).pooler_output
    assert tuple(together.shape) == (2, 4, 8)
    assert together[:, 0, 0].tolist() == [1.0, 2.0]


def _frame(value: int) -> Frame:
    return Frame(torch.full((2, 2, 3), value, dtype=torch.uint8).numpy())
