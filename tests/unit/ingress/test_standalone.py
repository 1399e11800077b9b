"""A source without a room, read by real processes that follow scripts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from config.settings import load_settings
from config.source_address import parse
from ingress.reader.messages import RawPicture, Sound
from ingress.report import SourceReport
from ingress.standalone import PICTURES, Piece, StandaloneSource
from tests.support.scripted_reader import Script, start_scripted

RUNNING: list[dict[str, Any]] = [{"do": "open"}, {"do": "raw", "count": 100_000}]


async def taken(source: StandaloneSource, kind: type[Piece], count: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(30):
        async for piece in source:
            if isinstance(piece, kind):
                found.append(piece)
                if len(found) == count:
                    break
    return found


async def test_pictures_sound_and_state_come_decoded(tmp_path: Path) -> None:
    steps: list[dict[str, Any]] = [
        {"do": "open", "sound": "aac"},
        {"do": "raw"},
        {"do": "sound"},
        *RUNNING[1:],
    ]
    script = Script(tmp_path / "script.json", steps)
    settings = load_settings(cli={}, env={}, directory=tmp_path)
    async with StandaloneSource(parse(script.url), settings, start_scripted) as source:
        (picture,) = await taken(source, RawPicture, 1)
        assert (picture.width, picture.height, len(picture.data)) == (64, 36, 64 * 36 * 3 // 2)
        assert len(await taken(source, Sound, 5)) == 5
        assert source.report().state == "live"
    assert script.asked[0]["output"] == "raw"


async def test_it_comes_back_and_says_so(tmp_path: Path) -> None:
    lost: list[dict[str, Any]] = [
        {"do": "open"},
        {"do": "raw"},
        {"do": "fail", "kind": "ended", "text": "closed"},
    ]
    script = Script(tmp_path / "script.json", lost, RUNNING)
    settings = load_settings(cli={}, env={}, directory=tmp_path)
    async with StandaloneSource(parse(script.url), settings, start_scripted) as source:
        states: list[str] = []
        while states[-2:] != ["reconnecting", "live"]:
            (report,) = await taken(source, SourceReport, 1)
            states += [report.state] if report.state not in states[-1:] else []
    assert states == ["connecting", "live", "reconnecting", "live"]
    assert source.report().reconnects == 1


async def test_who_is_slow_gets_the_newest_pictures(tmp_path: Path) -> None:
    script = Script(tmp_path / "script.json", RUNNING)
    settings = load_settings(cli={}, env={}, directory=tmp_path)
    async with StandaloneSource(parse(script.url), settings, start_scripted) as source:
        async with asyncio.timeout(30):
            while source.report().frames < 20:
                await asyncio.sleep(0.01)
        pictures = await taken(source, RawPicture, PICTURES)
        assert pictures[0].data[0] >= 20 - PICTURES
        assert source.report().skipped > 0
