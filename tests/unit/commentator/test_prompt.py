from __future__ import annotations

import numpy as np
from livekit.plugins.pressbox.commentator import Options, SampledFrame, new_line
from livekit.plugins.pressbox.commentator.prompt import (
    Asked,
    engine_request,
)

from vision.detection import TrackedObject


def test_what_is_in_view_goes_with_the_pictures() -> None:
    objects = (
        TrackedObject(1, "person", (0.1, 0.2, 0.3, 0.9), since=60.0, seen=100.0),
        TrackedObject(2, "person", (0.5, 0.2, 0.7, 0.9), since=90.0, seen=100.0),
        TrackedObject(3, "dog", (0.0, 0.5, 0.2, 0.9), since=99.6, seen=100.0),
    )
    grey = np.zeros((90, 160), np.uint8)
    frames = [
        SampledFrame(98.0, b"", grey),
        SampledFrame(100.0, b"", grey, objects=objects),
    ]
    line = new_line("commentary", anchor=100.0, requested_at=101.0)
    request = engine_request(line, frames, Asked("Go."), Options(), "", [])
    assert request.messages[-1]["content"][-2]["text"] == (
        "In view: 2 person (for 40 s), 1 dog (for 0 s)."
    )
    assert request.frame_objects[0] is None
    assert [one["id"] for one in request.frame_objects[1] or []] == [1, 2, 3]
    assert not engine_request(line, frames[:1], Asked("Go."), Options(), "", []).frame_objects
