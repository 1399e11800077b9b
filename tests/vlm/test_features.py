"""Pictures that were seen are not looked at again, and nobody can tell."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from models.runtime.frames import Frames
from models.runtime.prompt import build
from models.vlm import features
from models.vlm.features import Features
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
