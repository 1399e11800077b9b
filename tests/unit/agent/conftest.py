"""A stage for each test of a whole booth."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.support.fake_rtc import FakeRtc

from .booth_stage import StagedBooth, booth_stage


@pytest.fixture
def staged_booth(fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StagedBooth:
    return partial(booth_stage, fake_rtc, monkeypatch, tmp_path)
