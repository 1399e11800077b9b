"""A booth with one engine that sees and one that has the words, in a real room."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.engine_script import Answer, Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import watching

SEEN = "A grey bar moves over a dark field."
SAID = "And there goes the bar!"


async def test_lines_are_written_by_the_second_from_what_the_first_sees(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    eyes = Repeat(Answer(ready=0.1, speech=0.0, audio=False, text=SEEN))
    words = Repeat(Answer(ready=0.1, speech=1.0, speed=8.0, text=SAID))
    metadata = f"{{{QUICK}}}"
    async with (
        scripted_engine(eyes) as first,
        scripted_engine(words) as second,
        camera(livekit_server, "second"),
        booth(
            livekit_server, "second", first.url, metadata=metadata, state_dir=tmp_path,
            second_engine_url=second.url,
        ),
        watching(livekit_server.url, livekit_server.token("second", "viewer")) as probe,
    ):  # fmt: skip
        await probe.until(
            lambda: any(line.phase == "end" and line.spoken for line in probe.lines),
            timeout=40,
            what="a line",
        )
        assert {line.text for line in probe.lines if line.phase == "end"} == {SAID}
        assert all(one.images == 0 for one in second.asked)
        assert all(SEEN in json.dumps(one.body["messages"]) for one in second.asked)
        assert all(one.images > 0 for one in first.asked)
        await second.stop()
        await probe.until(
            lambda: any(line.phase == "end" and line.text == SEEN for line in probe.lines),
            timeout=40,
            what="a line of the first engine alone",
        )
