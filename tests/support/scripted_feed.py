"""A `Feed` and `Feeds` that follow a script: late, refusing, dying."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import numpy as np

from agent.alerts.rulebook import Rulebook
from config.alert_rule import RuleError
from config.errors import SettingsError
from config.room_settings import RoomSettings
from web.events import Events
from web.feed import CallError, Feed
from web.pictures import I420, Pictures, Size, jpeg
from web.sound import Sound

DEFAULT = "lobby"


def picture(level: int = 128, width: int = 64, height: int = 48) -> I420:
    """One of one brightness."""
    made = np.full((height * 3 // 2, width), 128, np.uint8)
    made[:height] = level
    return made


class ScriptedFeed:
    """Attributes: wanted: what the fans asked of it; calls: method, payload and name of each.
    answers: what a method answers in place of its own answer: text, or an error that it raises.
    """

    def __init__(self) -> None:
        self.wanted: list[tuple[str, bool]] = []
        self.pictures = Pictures(lambda on: self.wanted.append(("pictures", on)))
        self.sound = Sound(lambda on: self.wanted.append(("sound", on)))
        self.events = Events()
        self.calls: list[tuple[str, str, str]] = []
        self.answers: dict[str, str | CallError] = {}
        self.silent: set[str] = set()
        self.status: Mapping[str, object] = {"capture": "ok", "engine": "up"}
        self.settings = RoomSettings()
        self.rules = Rulebook()

    async def live(self, width: int, height: int, quality: int) -> bytes:
        await self._late("live")
        return jpeg(picture(), Size(width, height, quality))

    async def call(self, method: str, payload: str, name: str) -> str:
        self.calls.append((method, payload, name))
        await self._late(method)
        answer = self.answers.get(method)
        if isinstance(answer, CallError):
            raise answer
        return self._answer(method, payload) if answer is None else answer

    async def aclose(self) -> None:
        """As the owner of a feed closes it."""
        await self.pictures.aclose()
        await self.sound.aclose()
        self.events.close()

    async def _late(self, what: str) -> None:
        if what in self.silent:
            await asyncio.Event().wait()

    def _answer(self, method: str, payload: str) -> str:
        if method == "pressbox.set":
            try:
                self.settings = self.settings.updated(json.loads(payload))
            except SettingsError as error:
                listed = [
                    {"key": p.key, "value": p.value, "allowed": p.allowed} for p in error.problems
                ]
                raise CallError(400, str(error), {"problems": listed}) from error
        if method in ("pressbox.set", "pressbox.get"):
            return self.settings.model_dump_json()
        if method == "pressbox.ask":
            waits = json.loads(payload)["wait"]
            return json.dumps(
                {"id": "q1", "position": 0 if waits else 1} | ({"text": "A cat."} if waits else {})
            )
        if method == "pressbox.lines":
            return '{"lines": []}'
        if method == "pressbox.note":
            return json.dumps({"text": json.loads(payload)["text"]})
        return self._rules(json.loads(payload))

    def _rules(self, order: Mapping[str, object]) -> str:
        try:
            self.rules.own = self.rules.edited(order) if order else self.rules.own
        except RuleError as error:
            raise CallError(400, str(error)) from error
        return json.dumps({"rules": [one.model_dump(mode="json") for one in self.rules.all]})


class ScriptedFeeds:
    """Opens each room at once; `error` or `late`, where set, come in its way.

    fill: called with each feed that opens.
    """

    def __init__(self, fill: Callable[[ScriptedFeed], None] = lambda _: None) -> None:
        self.fill = fill
        self.error: CallError | None = None
        self.late = False
        self.rooms: dict[str, ScriptedFeed] = {}
        self.watchers: dict[str, int] = {}

    @property
    def open(self) -> Mapping[str, Feed]:
        return self.rooms

    @asynccontextmanager
    async def watch(self, room: str) -> AsyncIterator[Feed]:
        if self.late:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        room = room or DEFAULT
        if room not in self.rooms:
            self.rooms[room] = ScriptedFeed()
            self.fill(self.rooms[room])
        self.watchers[room] = self.watchers.get(room, 0) + 1
        try:
            yield self.rooms[room]
        finally:
            self.watchers[room] -= 1
            if not self.watchers[room]:
                await self.rooms.pop(room).aclose()

    async def aclose(self) -> None:
        for feed in list(self.rooms.values()):
            await feed.aclose()
