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
from tests.unit.ingress.steps import OPEN, Step, fail, states, until

RUNNING: list[Step] = [OPEN, {"do": "raw", "count": 100_000}]


async def taken(source: StandaloneSource, kind: type[Piece], count: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(30):
        async for piece in source:
            if isinstance(piece, kind):
                found.append(piece)
                if len(found) == count:
                    break
    return found


async def test_pictures_sound_and_state_come_decoded_and_it_comes_back(tmp_path: Path) -> None:
    lost = [{**OPEN, "sound": "aac"}, {"do": "raw"}, {"do": "sound"}, fail("ended", "closed")]
    script = Script(tmp_path / "script.json", lost, RUNNING)
    settings = load_settings(cli={}, env={}, directory=tmp_path)
    async with StandaloneSource(parse(script.url), settings, start_scripted) as source:
        (picture,) = await taken(source, RawPicture, 1)
        assert (picture.width, picture.height, len(picture.data)) == (64, 36, 64 * 36 * 3 // 2)
        assert len(await taken(source, Sound, 5)) == 5
        reports: list[SourceReport] = []
        while states(reports)[-2:] != ["reconnecting", "live"]:
            reports += await taken(source, SourceReport, 1)
        assert source.report().reconnects == 1
    assert script.asked[0]["output"] == "raw"


async def test_who_is_slow_gets_the_newest_pictures(tmp_path: Path) -> None:
    script = Script(tmp_path / "script.json", RUNNING)
    settings = load_settings(cli={}, env={}, directory=tmp_path)
    async with StandaloneSource(parse(script.url), settings, start_scripted) as source:
        await until(lambda: source.report().frames >= 20)
        pictures = await taken(source, RawPicture, PICTURES)
        assert pictures[0].data[0] >= 20 - PICTURES
        assert source.report().skipped > 0
