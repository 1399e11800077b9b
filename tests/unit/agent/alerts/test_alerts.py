"""Alerts in a whole booth, on virtual time: heard, written, posted, edited."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc
from livekit.plugins.pressbox.engine import EngineRequest
from livekit.plugins.pressbox.scene import Motion, Sight

from agent.alerts.alerts import RULES
from agent.alerts.rules_file import LOOK_EVERY, NAME
from tests.support.until import until
from tests.support.virtual_time import virtual
from tests.unit.agent.booth_stage import BoothStage, StagedBooth
from tests.unit.commentator.scripted_client import NEVER, Say, ScriptedClient
from vision.detection import TrackedObject

from .receiver import SECRET, receiver

GATE: dict[str, Any] = {"name": "gate", "when": "the gate opens", "interval": 2, "cool_down": 10}
PERSON: dict[str, Any] = {"name": "visitor", "if": {"appears": "person"}, "cool_down": 5}


class Oracle:
    """An engine that also judges: `says` is what it answers to questions about yes and no."""

    def __init__(self, says: str = "No.") -> None:
        self.says = says
        self.client = ScriptedClient(answer=self._answer)
        self.questions: list[float] = []

    def _answer(self, request: EngineRequest) -> Say:
        if "Answer yes or no" in json.dumps(request.messages[-1]):
            self.questions.append(time.monotonic())
            return Say(self.says, seconds=0) if self.says else NEVER
        if request.kind == "alert":
            return Say("Look out, the gate opens!", seconds=1.0)
        return Say(f"Line {self.client.count}.", seconds=1.0)


def alerts(on: BoothStage) -> list[dict[str, Any]]:
    """The alerts that have begun, as a viewer reads them."""
    return [one for one in on.lines if one["kind"] == "alert" and one["phase"] == "start"]


async def rules(on: BoothStage, /, **order: object) -> list[dict[str, Any]]:
    answer = await on.room.local.called(RULES, json.dumps(order), caller="viewer") or ""
    found: list[dict[str, Any]] = json.loads(answer)["rules"]
    return found


async def seen(on: BoothStage) -> None:
    """Until the booth has pictures and an engine."""
    await on.until(
        lambda: on.status["engine"] == "up" and on.booth.commentator.newest_frame is not None
    )


def walk_in(on: BoothStage) -> None:
    """Somebody is seen, after the scene was empty for a while."""
    now = time.monotonic() + 1000
    for number in range(40):
        at = now + number / 4
        person = TrackedObject(1, "person", (0.1, 0.1, 0.3, 0.9), now + 7, at)
        on.booth._alerts._see(Sight(at, Motion(), (person,) if at >= now + 7 else ()))


@virtual
async def test_it_works_while_idle_and_unwatched_without_speech(staged_booth: StagedBooth) -> None:
    oracle = Oracle()
    async with (
        receiver() as there,
        staged_booth(
            oracle.client, rules=[GATE], mode="idle",
            idle_after=5.0, webhook_url=there.url, webhook_secret=SECRET,
        ) as on,
    ):  # fmt: skip
        on.room.leave("viewer")
        await on.until(lambda: len(oracle.questions) >= 6, within=120)
        asked = [request.kind for request in oracle.client.requests]
        oracle.says = "Yes. It is open."
        await on.until(lambda: bool(alerts(on)))
        await until(lambda: there.got)
        assert there.got[0]["data"]["text"] == "It is open."
        assert alerts(on)[0]["text"] == "It is open."
        ended = [line for line in on.in_state("ended") if line.kind == "alert"]
        assert [line.text_only for line in ended] == [True]
        kinds = [request.kind for request in oracle.client.requests]
        assert kinds[len(asked) :].count("alert") == 0, "nobody is there to hear it"


@virtual
@pytest.mark.parametrize("trouble", ["down", "silent"])
async def test_what_the_engine_does_not_say_is_written_all_the_same(
    staged_booth: StagedBooth,
    trouble: str,
) -> None:
    client = ScriptedClient()
    async with staged_booth(client, rules=[PERSON]) as on:
        await seen(on)
        if trouble == "down":
            client.down = True
        else:
            client.answer = lambda _: Say("", seconds=0)
        walk_in(on)
        await on.until(lambda: bool(alerts(on)), within=120)
        assert alerts(on)[0]["text"] == "A person is there."
        assert alerts(on)[0]["rule"] == "visitor"


@virtual
async def test_the_file_of_rules_is_read_again_when_it_changes(
    staged_booth: StagedBooth, tmp_path: Path
) -> None:
    file = tmp_path / NAME
    file.write_text("- name: gate\n  when: the gate opens\n- name: bad\n  when: x\n  interval: 0\n")
    async with staged_booth(Oracle().client) as on:
        await on.until(lambda: len(on.booth._alerts.listed()) == 1)
        await on.until(lambda: f"{NAME} line 3: rule bad: interval" in on.status["error"])
        (listed,) = await rules(on)
        assert listed["for_all_rooms"] is True
        with pytest.raises(rtc.RpcError, match="for all rooms"):
            await rules(on, remove="gate")
        (listed,) = await rules(on, enable="gate", on=False)
        assert (listed["enabled"], listed["for_all_rooms"]) == (False, False)
        file.write_text("- name: door\n  if: {motion: true}\n")
        await asyncio.sleep(LOOK_EVERY + 1)
        assert [one["name"] for one in await rules(on)] == ["gate", "door"]
        file.unlink()
        await asyncio.sleep(LOOK_EVERY + 1)
        assert [one["name"] for one in await rules(on)] == ["gate"]


@virtual
async def test_a_long_list_still_fits_into_an_answer(staged_booth: StagedBooth) -> None:
    many = [
        {"name": f"{'long ' * 9}{n}", "when": "x" * 200, "say": "y" * 200, "enabled": False}
        for n in range(32)
    ]
    async with staged_booth(rules=many) as on:
        answer = await on.room.local.called(RULES, "{}", caller="viewer") or ""
        assert len(answer.encode()) < 15_000
        assert len(json.loads(answer)["rules"]) == 32
