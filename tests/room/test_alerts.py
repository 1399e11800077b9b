"""Alert rules in a real room: judged, heard by a viewer, written, posted, edited."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.engine_script import Answer
from tests.support.livekit_server import LiveKitServer
from tests.support.records import LineMessage
from tests.support.scripted_engine import scripted_engine
from tests.support.until import until
from tests.support.viewer_probe import ViewerProbe, watching
from tests.unit.agent.alerts.receiver import SECRET, receiver

GATE: dict[str, Any] = {"name": "gate", "when": "the gate opens", "interval": 2}
LOST: dict[str, Any] = {"name": "lost", "if": {"source_lost": True}, "severity": "critical"}


@dataclass
class Judge:
    """Scripted answers: of kind "answer" are judgements here, since nobody asks anything."""

    says: str = "No."

    def __call__(self, number: int, kind: str) -> Answer:
        if kind == "answer":
            return Answer(ready=0.05, speech=0.0, audio=False, text=self.says)
        if kind == "alert":
            return Answer(ready=0.2, speech=1.0, speed=8.0, text="Look out, the gate!")
        return Answer(ready=0.2, speech=6.0, speed=8.0, text=f"Line {number}.")


def alerts(probe: ViewerProbe, phase: str = "start") -> list[LineMessage]:
    return [line for line in probe.lines if line.kind == "alert" and line.phase == phase]


async def rules(probe: ViewerProbe, **order: object) -> list[dict[str, Any]]:
    answer = await probe.call("pressbox.rules", json.dumps(order))
    found: list[dict[str, Any]] = json.loads(answer)["rules"]
    return found


async def test_rules_are_judged_heard_written_posted_and_edited(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    judge = Judge()
    metadata = f'{{{QUICK},"rules":[{json.dumps(GATE)}]}}'
    async with (
        receiver() as there,
        scripted_engine(judge) as engine,
        camera(livekit_server, "alerts") as eye,
        booth(
            livekit_server, "alerts", engine.url, metadata=metadata, state_dir=tmp_path,
            webhook_url=there.url, webhook_secret=SECRET,
        ),
        watching(livekit_server.url, livekit_server.token("alerts", "viewer")) as probe,
    ):  # fmt: skip
        judged = [one for one in engine.asked if one.kind == "answer"]
        await probe.until(lambda: bool(probe.bursts), timeout=40, what="commentary")
        await probe.until(
            lambda: len([one for one in engine.asked if one.kind == "answer"]) >= len(judged) + 2,
            timeout=40,
            what="two judgements that say no",
        )
        assert alerts(probe) == []
        judge.says = "**Yes**, the gate stands open. It is red."
        await probe.until(lambda: bool(alerts(probe, "end")), timeout=40, what="the alert")
        (told,) = alerts(probe, "end")
        assert (told.more["rule"], told.more["severity"]) == ("gate", "warning")
        assert told.spoken
        assert told.text == "Look out, the gate!"
        asked = next(one for one in engine.asked if one.kind == "alert")
        assert "the gate stands open." in json.dumps(asked.body["messages"]).lower()
        await until(lambda: there.got)
        data = there.got[0]["data"]
        assert (data["room"], data["source"], data["rule"]) == ("alerts", "cam", "gate")
        jpeg = base64.b64decode(data["snapshot"].removeprefix("data:image/jpeg;base64,"))
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (eye.height, eye.width, 3)

        assert [one["name"] for one in await rules(probe, add=LOST)] == ["gate", "lost"]
        assert [one["name"] for one in await rules(probe, remove="gate")] == ["lost"]
        eye.mute()
        await probe.until(
            lambda: any(line.more["rule"] == "lost" for line in alerts(probe)),
            timeout=40,
            what="the alert of the lost source",
        )
        await until(lambda: len(there.got) == 2)
        assert there.got[1]["data"]["severity"] == "critical"
        assert len([line for line in alerts(probe) if line.more["rule"] == "gate"]) == 1
