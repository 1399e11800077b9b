"""What a probe says of what a reader says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from ingress import probe as probing
from ingress.probe import probe
from ingress.reader.messages import Request
from ingress.reader.process import ReaderProcess
from tests.support.procfs import is_there
from tests.support.scripted_reader import Script, start_scripted
from tests.unit.ingress.steps import HANG, Step, fail

ADDRESS = "rtsp://u:p@ss@cam/a"


class Scripted:
    """Starts readers that follow a script, whatever the address."""

    def __init__(self, folder: Path, *steps: Step) -> None:
        self._script = Script(folder / "script.json", list(steps))
        self.requests: list[Request] = []

    async def start(self, request: Request) -> ReaderProcess:
        self.requests.append(request)
        self.reader = await start_scripted(replace(request, url=self._script.url))
        return self.reader

    @property
    def gone(self) -> bool:
        return not is_there(self.reader.pid)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(cli={"source_networks": "10.0.0.0/8"}, env={}, directory=tmp_path)


@pytest.mark.parametrize(
    ("said", "failure", "error"),
    [
        (fail("auth", "p@ss is wrong for rtsp://u:p%40ss@cam"), "auth", "*** is wrong for "),
        (HANG, "no_answer", "no picture within 3 s"),
        ({"do": "exit"}, "internal", "the reader ended"),
    ],
)
async def test_what_is_wrong_is_told_without_the_secret(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: Step,
    failure: str,
    error: str,
) -> None:
    monkeypatch.setattr(probing, "LIMIT", 3)
    reader = Scripted(tmp_path, said)
    found = await probe(ADDRESS, settings, start=reader.start)
    assert found.failure == failure
    assert found.error.startswith(error)
    assert "p@ss" not in found.error
    assert reader.gone
