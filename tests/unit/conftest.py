"""Fixtures of the unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.support.fake_rtc import FakeRtc

settings.register_profile("unit", deadline=None, max_examples=30)
settings.load_profile("unit")


@pytest.fixture
def fake_rtc(monkeypatch: pytest.MonkeyPatch) -> FakeRtc:
    """LiveKit without a server: see tests/support/fake_rtc.py."""
    from tests.support.fake_rtc import FakeRtc  # not all unit tests need LiveKit's library

    return FakeRtc(monkeypatch)
