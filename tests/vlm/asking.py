"""Requests with pictures, and answers taken apart."""

from __future__ import annotations

import cv2
import numpy as np

from models.engine import Delta, Engine, Finished, GenerationRequest, Notice, Picture, TextDelta


def picture(seed: int, time: float = 0.0, size: tuple[int, int] = (90, 160)) -> Picture:
    """A JPEG of ``size`` rows and columns that no other seed gives."""
    rng = np.random.default_rng(seed)
    image = np.full((*size, 3), rng.integers(0, 256, 3), np.uint8)
    cv2.circle(image, (int(rng.integers(20, 140)), 45), 20, rng.integers(0, 256, 3).tolist(), -1)
    return Picture(cv2.imencode(".jpg", image)[1].tobytes(), time)


def window(*seeds: int) -> tuple[Picture, ...]:
    """Pictures a second apart, the last one now."""
    return tuple(picture(seed, float(at - len(seeds) + 1)) for at, seed in enumerate(seeds))


def ask(*seeds: int, text: str = "What happens?", **changes: object) -> GenerationRequest:
    """Greedy, short, text only."""
    known: dict[str, object] = {
        "system": "You are a reporter.",
        "pictures": window(*seeds),
        "text": text,
        "audio": False,
        "max_tokens": 16,
        "temperature": 0.0,
        **changes,
    }
    return GenerationRequest(**known)  # type: ignore[arg-type]


async def deltas(engine: Engine, request: GenerationRequest) -> list[Delta]:
    return [delta async for delta in engine.generate(request)]


async def said(engine: Engine, request: GenerationRequest) -> str:
    return text_of(await deltas(engine, request))


def text_of(found: list[Delta]) -> str:
    return "".join(delta.text for delta in found if isinstance(delta, TextDelta))


def end_of(found: list[Delta]) -> Finished:
    end = found[-1]
    assert isinstance(end, Finished)
    return end


def notices_of(found: list[Delta]) -> list[str]:
    return [delta.text for delta in found if isinstance(delta, Notice)]
