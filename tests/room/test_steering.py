"""A room is steered by what people write in its chat."""

from __future__ import annotations

from pathlib import Path

from tests.room.test_booth import ANSWER, status
from tests.support.booths import booth
from tests.support.camera import camera
from tests.support.engine_script import Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import watching


async def test_an_order_in_the_chat_holds_and_survives_a_restart(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "steering"),
        watching(livekit_server.url, livekit_server.token("steering", "viewer")) as probe,
    ):
        async with booth(livekit_server, "steering", engine.url, state_dir=tmp_path):
            await probe.until(lambda: status(probe).get("source") == "cam", timeout=20)
            await probe.ask("Hey Pressbox, talk about the Red Team and be brief, please.")
            await probe.until(lambda: status(probe).get("focus") == "the Red Team", timeout=20)
            assert status(probe)["length"] == "brief"
            await probe.ask("be the guard")
            await probe.until(lambda: status(probe).get("profile") == "guard", timeout=20)
            await probe.ask("Stop!")
            await probe.until(lambda: status(probe).get("mode") == "idle", timeout=20)
        assert not any("Red Team" in one.text for one in engine.asked if one.kind == "answer")
        await probe.until(lambda: probe.agent is None, timeout=20)
        async with booth(livekit_server, "steering", engine.url, state_dir=tmp_path):
            await probe.until(lambda: probe.agent is not None, timeout=20)
            await probe.until(lambda: status(probe).get("profile") == "guard", timeout=20)
            assert (status(probe)["mode"], status(probe)["focus"]) == ("idle", "the Red Team")
            await probe.ask("as before")  # nothing was changed since the start
            await probe.ask("go on, and talk about anything")
            await probe.until(lambda: status(probe).get("mode") == "active", timeout=20)
            assert "focus" not in status(probe)
