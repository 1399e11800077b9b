"""Sources are brought up, added, removed and kept; the sources are scripted here."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings, load_settings
from config.source_spec import SourceSpec, source_spec
from ingress.participant import NoKeyError
from ingress.registry import ConflictError, Registry
from ingress.report import SourceReport
from ingress.store import Kept, SourceStore

KEY = {"livekit_url": "ws://127.0.0.1:1", "livekit_api_key": "k", "livekit_api_secret": "s" * 32}


class ScriptedSource:
    """A `RoomSource` that writes down what happens to it."""

    def __init__(self, spec: SourceSpec, guarded: bool) -> None:
        self.spec = spec
        self.guarded = guarded
        self.happened: list[str] = []
        self.may_close = asyncio.Event()
        self.may_close.set()

    def report(self) -> SourceReport:
        return SourceReport(self.spec.name, self.spec.room, self.spec.address.safe, self.spec.via)

    def start(self) -> None:
        self.happened.append("start")

    def wake(self) -> None:
        self.happened.append("wake")

    async def aclose(self) -> None:
        self.happened.append("close")
        await self.may_close.wait()
        self.happened.append("closed")


class Stage:
    """A registry and every source it made."""

    def __init__(self, folder: Path, **more: object) -> None:
        values = {**KEY, "state_dir": str(folder), **more}
        self.settings: Settings = load_settings(cli=values, env={}, directory=folder)
        self.made: list[ScriptedSource] = []
        self.registry = Registry(self.settings, self._make)

    def _make(self, spec: SourceSpec, from_page: bool) -> ScriptedSource:
        self.made.append(ScriptedSource(spec, from_page))
        return self.made[-1]

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(report.room, report.name) for report in self.registry.list()]

    @property
    def kept(self) -> list[str]:
        return [one.spec.name for one in SourceStore(self.settings.state_dir).load()[0]]


def spec(name: str = "gate", **more: Any) -> SourceSpec:
    return source_spec({"name": name, "url": "rtsp://admin:secret@camera/live", **more})


async def started(folder: Path, **more: object) -> Stage:
    stage = Stage(folder, **more)
    await stage.registry.start()
    return stage


async def test_an_added_source_runs_is_kept_and_comes_back(tmp_path: Path) -> None:
    stage = await started(tmp_path)
    report = await stage.registry.add(spec(), from_page=True)
    assert (report.name, report.room, report.url) == ("gate", "lobby", "rtsp://camera/live")
    assert stage.made[0].happened == ["start"]
    stage.registry.wake("gate")
    await stage.registry.aclose()
    await stage.registry.aclose()
    assert stage.made[0].happened == ["start", "wake", "close", "closed"]
    again = await started(tmp_path)
    assert again.names == [("lobby", "gate")]
    assert again.made[0].guarded
    assert again.made[0].spec.url.get_secret_value() == "rtsp://admin:secret@camera/live"
    await again.registry.aclose()


async def test_the_same_name_may_stand_in_two_rooms_but_not_twice_in_one(tmp_path: Path) -> None:
    stage = await started(tmp_path)
    await stage.registry.add(spec(), from_page=False)
    await stage.registry.add(spec(room="yard"), from_page=False)
    with pytest.raises(ConflictError, match="gate in room lobby"):
        await stage.registry.add(spec(room="lobby"), from_page=False)
    assert stage.names == [("lobby", "gate"), ("yard", "gate")]
    assert stage.kept == ["gate", "gate"]


async def test_there_are_so_many_and_no_more(tmp_path: Path) -> None:
    stage = await started(tmp_path, sources_max=2)
    for name in ("one", "two"):
        await stage.registry.add(spec(name), from_page=True)
    with pytest.raises(ConflictError, match="SOURCES_MAX"):
        await stage.registry.add(spec("three"), from_page=True)
    await stage.registry.remove("one")
    await stage.registry.add(spec("three"), from_page=False)
    await stage.registry.aclose()


async def test_who_adds_while_it_starts_adds_to_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SourceStore(tmp_path).save([Kept(spec("yard", room="lobby"), False)])
    load, loads = SourceStore.load, threading.Event()

    def slow(store: SourceStore) -> tuple[list[Kept], str]:
        loads.wait(10)
        return load(store)

    monkeypatch.setattr(SourceStore, "load", slow)
    stage = Stage(tmp_path)
    starting = asyncio.create_task(stage.registry.start())
    adding = asyncio.create_task(stage.registry.add(spec(), from_page=False))
    await asyncio.sleep(0)
    loads.set()
    await asyncio.gather(starting, adding)
    assert stage.kept == ["yard", "gate"]


async def test_one_that_takes_long_to_close_holds_up_only_its_own_name(tmp_path: Path) -> None:
    stage = await started(tmp_path)
    await stage.registry.add(spec(), from_page=False)
    stage.made[0].may_close.clear()
    removing = asyncio.create_task(stage.registry.remove("gate"))
    again = asyncio.create_task(stage.registry.add(spec(), from_page=False))
    await asyncio.sleep(0.05)
    await stage.registry.add(spec("yard"), from_page=False)
    assert stage.kept == ["yard"]
    assert not removing.done()
    stage.made[0].may_close.set()
    await asyncio.gather(removing, again, return_exceptions=True)
    assert stage.made[0].happened[-1] == "closed"


async def test_settings_come_on_top_and_are_not_kept(tmp_path: Path) -> None:
    SourceStore(tmp_path).save([Kept(spec("gate", room="lobby"), True), Kept(spec("yard"), False)])
    named = [{"name": "gate", "url": "http://other/video.mjpg"}]
    stage = await started(tmp_path, sources=named)
    assert sorted(stage.names) == [("lobby", "gate"), ("lobby", "yard")]
    assert stage.registry.list()[0].url == "http://other/video.mjpg"
    assert not stage.made[0].guarded
    with pytest.raises(ConflictError, match="SOURCES"):
        await stage.registry.remove("gate")
    await stage.registry.add(spec("door"), from_page=False)
    assert stage.kept == ["gate", "yard", "door"]


async def test_what_cannot_be_kept_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    stage = await started(tmp_path)
    monkeypatch.setattr(SourceStore, "save", full)
    with pytest.raises(OSError, match="No space"):
        await stage.registry.add(spec(), from_page=False)
    assert stage.names == []
    assert stage.made == []


async def test_without_a_key_for_livekit_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(NoKeyError, match="LIVEKIT_API_SECRET"):
        await started(tmp_path, livekit_api_secret="")
