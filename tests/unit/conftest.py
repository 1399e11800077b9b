"""Fixtures of the unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.fake_rtc import FakeRtc


@pytest.fixture
def fake_rtc(monkeypatch: pytest.MonkeyPatch) -> FakeRtc:
    """LiveKit without a server: see tests/support/fake_rtc.py."""
    from tests.support.fake_rtc import FakeRtc  # not all unit tests need LiveKit's library

    return FakeRtc(monkeypatch)
