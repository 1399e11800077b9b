"""A room's settings on a slow disk, with what is applied and told written down."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.room.chosen import choose
from agent.room.control import SET, Control
from config.room_state import RoomState
from config.settings import RoomSettings
from tests.support.fake_rtc import FakeRoom


class SlowState(RoomState):
    """A disk on which each saving waits for its gate, if it has one."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "studio")
        self.gates: list[threading.Event] = []
        self.failure: OSError | None = None

    def save(self, changes: Mapping[str, object]) -> None:
        if self.gates:
            self.gates.pop(0).wait(20)
        if self.failure:
            raise self.failure
        super().save(changes)


class Booth:
    """Writes down what is applied and told."""

    def __init__(self, room: FakeRoom, directory: Path, base: RoomSettings | None = None) -> None:
        self.state = SlowState(directory)
        self.silenced: list[bool] = []
        self.applied: list[RoomSettings] = []
        self.told: list[str] = []
        self.failure: Exception | None = None
        self.control = Control(
            room,
            choose(base or RoomSettings(), "", self.state.load()),
            self.state,
            apply=self._apply,
            silence=lambda: self.silenced.append(True),
            tell=self.told.append,
        )
        self.control.start()

    def _apply(self, settings: RoomSettings) -> None:
        if self.failure:
            raise self.failure
        self.applied.append(settings)


async def changed(room: FakeRoom, **changes: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await room.local.called(SET, json.dumps(changes)) or "")
    return answer
