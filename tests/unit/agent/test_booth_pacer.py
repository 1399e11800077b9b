"""Lines that are read instead of heard, as the booth's pacer treats them."""

from __future__ import annotations

import asyncio
import time

import pytest

from agent.clock.booth_pacer import BoothPacer
from agent.clock.display_clock import DisplayClock
from agent.commentator.line import Kind, Line, new_line


def paced(*, speaks: bool = True) -> tuple[BoothPacer, list[Line]]:
    """A pacer without delay, and the lines that it wants to be shown."""
    pacer = BoothPacer(DisplayClock(0.0), pause=0.0, delay_max=10.0)
    shown: list[Line] = []
    pacer.speaks = speaks
    pacer.on_unspoken = shown.append
    return pacer, shown


def line(kind: Kind, *, text_only: bool) -> Line:
    now = time.monotonic()
    made = new_line(kind, anchor=now, requested_at=now)
    made.text_only = text_only
    return made


@pytest.mark.parametrize("speaks", [True, False])
@pytest.mark.parametrize("text_only", [True, False])
async def test_a_line_is_shown_at_its_slot_where_there_is_nothing_to_hear(
    speaks: bool, text_only: bool
) -> None:
    pacer, shown = paced(speaks=speaks)
    made = line("commentary", text_only=text_only)
    assert pacer.ready(made)
    assert shown == []
    await asyncio.wait_for(pacer.wait_start(made), 10)
    assert shown == ([made] if text_only or not speaks else [])


@pytest.mark.parametrize("text_only", [True, False])
def test_an_answer_without_sound_is_shown_as_soon_as_it_is_ready(text_only: bool) -> None:
    pacer, shown = paced()
    made = line("answer", text_only=text_only)
    assert pacer.ready(made)
    assert shown == ([made] if text_only else [])
