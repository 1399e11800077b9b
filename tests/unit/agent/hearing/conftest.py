"""A stage for each test of hearing."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.fake_rtc import FakeRtc

from .stage import Staged, stage


@pytest.fixture
def staged(fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch) -> Staged:
    return partial(stage, fake_rtc, monkeypatch)
