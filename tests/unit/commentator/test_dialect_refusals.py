"""What refusals teach, and which pictures stay."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from agent.commentator.engine.limits import (
    Limits,
    Refusal,
    chosen,
    count_images,
    learned,
    takes_no_pictures,
    thinned,
)

from .asking import pictures_of, window

SENT: dict[str, Any] = {
    "messages": list(window(8).messages),
    "max_completion_tokens": 50,
    "stream_options": {"include_usage": True},
    "modalities": ["text", "audio"],
    "audio": {"voice": "amy", "format": "pcm16"},
    "extra_body": {"pressbox": {}},
}


@pytest.mark.parametrize(
    ("message", "most"),
    [
        ("At most 4 image(s) may be provided in one prompt.", 4),
        ("At most 1 image(s) may be provided in one request.", 1),
        ("Too many images provided. This model supports up to 5 images", 5),
        ("8 pictures are too many: at most 6", 6),
        ("The maximum number of images is 3", 3),
        ("Number of images exceeds the limit of 2 per request", 2),
        ("Too many images in request", 4),
        ("At most 99 images may be sent", 4),
        ("This model's maximum context length is 4096 tokens.", 4),
        ("The decoder prompt is longer than the maximum model length of 4096", 4),
        ("the request exceeds the available context size", 4),
    ],
)
def test_how_many_pictures_a_refusal_leaves(message: str, most: int) -> None:
    sent = {name: value for name, value in SENT.items() if name != "audio"}
    assert learned(Limits(), Refusal(400, message), sent) == Limits(images=most)


@pytest.mark.parametrize(
    ("refusal", "limits"),
    [
        (Refusal(400, "no", param="modalities"), Limits(audio=False)),
        (Refusal(400, "no", param="audio"), Limits(audio=False)),
        (Refusal(400, "Unsupported output modalities audio"), Limits(audio=False)),
        (Refusal(400, "Invalid speaker 'amy'."), Limits(without=frozenset({"voice"}))),
        (Refusal(400, "Invalid value", param="audio.voice"), Limits(without=frozenset({"voice"}))),
        (Refusal(400, "Invalid audio format 'pcm16'."), Limits(without=frozenset({"pcm16"}))),
        (Refusal(400, "no", param="max_completion_tokens"),
         Limits(without=frozenset({"max_completion_tokens"}))),
        (Refusal(422, "body.pressbox: Extra inputs are not permitted"),
         Limits(without=frozenset({"pressbox"}))),
        (Refusal(400, "unknown field"),
         Limits(without=frozenset({"pressbox", "stream_options"}))),
    ],
)  # fmt: skip
def test_what_else_a_refusal_teaches(refusal: Refusal, limits: Limits) -> None:
    assert learned(Limits(), refusal, SENT) == limits


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(401, "Invalid API Key"),
        Refusal(404, "model not found"),
        Refusal(500, "At most 4 image(s)"),
        Refusal(400, "the last message must be the user's"),
        Refusal(400, "At most 0 image(s) may be provided in one prompt."),
        Refusal(400, "image input is not supported"),
    ],
)
def test_refusals_that_teach_nothing(refusal: Refusal) -> None:
    assert learned(Limits(), refusal, SENT) is None


def test_a_lesson_is_learned_once() -> None:
    refusal = Refusal(400, "no", param="modalities")
    known = Limits(audio=False, without=frozenset({"pressbox", "stream_options"}))
    assert learned(known, refusal, SENT) is None


@pytest.mark.parametrize("status", [400, 500])
def test_a_model_that_cannot_see(status: int) -> None:
    text = "image input is not supported - hint: you may need to provide the mmproj"
    assert takes_no_pictures(Refusal(status, text))
    assert not takes_no_pictures(Refusal(503, text))


def test_the_pictures_that_stay_are_spread_and_end_with_the_newest() -> None:
    for count in range(1, 30):
        for most in range(1, count):
            kept = chosen(count, most)
            assert len(set(kept)) == most
            assert kept == sorted(kept)
            assert kept[-1] == count - 1
            gaps = [b - a for a, b in pairwise(kept)]
            assert max(gaps, default=0) - min(gaps, default=0) <= 1
    assert chosen(3, 5) == [0, 1, 2]


def test_thinning_leaves_everything_else() -> None:
    messages = thinned(window(5).messages, 2)
    assert pictures_of({"messages": messages}) == [0, 4]
    assert count_images({"messages": messages}) == 2
    assert messages[0] == {"role": "system", "content": "Be brief."}
    assert messages[-1]["content"][-1] == {"type": "text", "text": "What happens?"}
