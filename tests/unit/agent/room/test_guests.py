"""Who came by a viewer link watches and asks, and steers nothing."""

from __future__ import annotations

import json

import pytest
from livekit import rtc

from agent.alerts.alerts import RULES
from agent.room.control import GET, SET
from agent.room.note import NOTE
from agent.room.questions.rpc import ASK
from agent.room.rpc import FORBIDDEN
from tests.support.virtual_time import virtual
from tests.unit.agent.booth_stage import BoothStage, StagedBooth

GUEST = "guest-0123456789ab"
RULE = {"add": {"name": "gate", "when": "the gate is open"}}


async def call(on: BoothStage, method: str, caller: str, **values: object) -> dict[str, object]:
    answer = await on.room.local.called(method, json.dumps(values), caller=caller)
    return dict(json.loads(answer or "{}"))


@virtual
async def test_a_guest_reads_settings_and_rules_and_changes_neither(
    staged_booth: StagedBooth,
) -> None:
    async with staged_booth() as on:
        before = await call(on, GET, GUEST)
        for method, values in ((SET, {"mode": "idle"}), (RULES, RULE), (NOTE, {"text": "fire"})):
            with pytest.raises(rtc.RpcError) as caught:
                await call(on, method, GUEST, **values)
            assert caught.value.code == FORBIDDEN
        assert await call(on, GET, GUEST) == before
        assert await call(on, RULES, GUEST) == {"rules": []}


@virtual
@pytest.mark.parametrize(("caller", "steers"), [(GUEST, True), ("web", False)])
async def test_an_order_of_a_guest_is_a_question_like_any_other(
    staged_booth: StagedBooth, caller: str, steers: bool
) -> None:
    async with staged_booth() as on:
        assert "text" not in await call(on, ASK, caller, text="be quiet", steers=steers)
        assert (await call(on, GET, caller))["mode"] == "active"
        assert "text" in await call(on, ASK, "ann", text="be quiet")
        assert (await call(on, GET, caller))["mode"] == "idle"
