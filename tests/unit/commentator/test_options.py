from __future__ import annotations

from typing import Any

import pytest

from agent.commentator.options import Options


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("capture_fps", [0.1, 2, 30], [0, 0.09, 30.1, float("nan"), "2", None, True]),
        ("window_size", [1, 512], [0, 513, 1.5, True]),
        ("frames_per_inference", [1, 64], [0, 65, 4.0]),
        ("frame_stride", [1, 32], [0, 33]),
        ("inference_interval", [0, 60.0], [-0.1, 61, float("inf")]),
        ("change_threshold", [0, 255], [-1, 256]),
        ("max_new_tokens", [8, 1024], [7, 1025, 9.5]),
    ],
)
def test_ranges(name: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert getattr(Options(**{name: value}), name) == value
    for value in bad:
        with pytest.raises(ValueError, match=f"^{name}=.* is not allowed: a (whole )?number from"):
            Options(**{name: value})
