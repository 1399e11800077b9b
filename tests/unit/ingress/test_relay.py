"""A relay in a room without a server: what reading and room say, and what the room sees."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc

from config.settings import load_settings
from config.source_spec import source_spec
from ingress import relay, supervisor
from ingress.backoff import Backoff
from ingress.lifecycle import Trouble
from ingress.relay import Relay
from ingress.report import SourceReport
from tests.support.fake_rtc import FakeRtc
from tests.support.scripted_reader import Script, start_scripted
from tests.support.until import until
from tests.unit.ingress.steps import OPEN, Step, pictures, states

KEY = {"livekit_api_key": "k", "livekit_api_secret": "s" * 32}


class FakeParticipant:
    """The interface of `Participant`; a test says when it is in a room and what troubles it."""

    def __init__(
        self, *_: object, entered: Callable[[rtc.Room], None], left: Callable[[], None]
    ) -> None:
        self.entered, self.left = entered, left
        self.trouble: Trouble | None = None
        self.woken = 0

    def start(self) -> None:
        """A test lets it in."""

    def wake(self) -> None:
        self.woken += 1  # the room takes its time: `trouble` stays

    def rejoin(self, text: str) -> None:
        raise AssertionError(text)

    async def aclose(self) -> None:
        """There is nothing to leave."""


class Stage:
    """One relay; made by `staged`."""

    def __init__(self, script: Script, **more: Any) -> None:
        values = {"name": "gate", "url": script.url, "room": "hall", "live": True, **more}
        cli = {**KEY, "source_networks": "10.0.0.0/8"}
        settings = load_settings(cli=cli, env={}, directory=script.path.parent)
        self.script = script
        self.reports: list[SourceReport] = []
        self.relay = Relay(
            source_spec(values),
            settings,
            guarded=True,
            heard=self.reports.append,
            start_reader=start_scripted,
        )

    @property
    def participant(self) -> FakeParticipant:
        assert isinstance(self.relay.participant, FakeParticipant)
        return self.relay.participant

    async def until_state(self, *wanted: str) -> None:
        await until(lambda: states(self.reports)[-len(wanted) :] == list(wanted))


@asynccontextmanager
async def staged(folder: Path, *attempts: list[Step], **more: Any) -> AsyncIterator[Stage]:
    stage = Stage(Script(folder / "script.json", *attempts), **more)
    stage.relay.start()
    try:
        yield stage
    finally:
        await stage.relay.aclose()
        await stage.relay.aclose()
        assert stage.reports[-1].state == stage.relay.report().state == "stopped"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "Participant", FakeParticipant)
    monkeypatch.setattr(relay, "REPORT_INTERVAL", 0.1)
    quick = Backoff(first=0.05, longest=0.2, factor=lambda: 1.0)
    monkeypatch.setattr(supervisor, "Backoff", lambda: quick)


async def test_sound_that_the_room_does_not_take_is_told(tmp_path: Path, fake_rtc: FakeRtc) -> None:
    attempt = [{**OPEN, "sound": "aac"}, pictures(5), {"do": "sound", "count": 9999}]
    async with staged(tmp_path, attempt, stall_after=60) as stage:
        fake_rtc.script.always("publish_track", RuntimeError("no"))
        stage.participant.entered(fake_rtc.room())
        await until(lambda: "does not take its sound" in stage.relay.report().error)
