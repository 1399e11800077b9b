from __future__ import annotations

from typing import Any

import pytest
from livekit.plugins.pressbox.commentator import Options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capture_fps", 0),
        ("capture_fps", float("nan")),
        ("capture_fps", "2"),
        ("frames_per_inference", 4.0),
        ("window_size", True),
        ("inference_interval", float("inf")),
    ],
)
def test_what_is_refused_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}={value!r} is not allowed"):
        Options(**{name: value})
