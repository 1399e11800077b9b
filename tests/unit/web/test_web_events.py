"""The fan of events."""

from __future__ import annotations

import asyncio
import json

from tests.support.virtual_time import virtual
from web.events import KEPT, Event, Events


def told(found: list[Event]) -> list[object]:
    return [json.loads(event.data) for event in found]


@virtual
async def test_who_follows_gets_what_happens_from_then_on_in_order() -> None:
    events = Events()
    events.put("line", {"n": 0})
    with events.follow() as follower:
        waiting = asyncio.create_task(follower.next())
        await asyncio.sleep(1)
        assert not waiting.done()
        events.put("line", {"n": 1})
        events.put("words", {"n": "ä\n2"})
        assert told(await waiting) == [{"n": 1}, {"n": "ä\n2"}]
        events.put("line", {"n": 3})
        assert told(await follower.next()) == [{"n": 3}]


@virtual
async def test_who_comes_back_gets_what_it_missed_and_a_foreign_id_gets_nothing_old() -> None:
    events = Events()
    with events.follow() as follower:
        events.put("line", {"n": 1})
        last = events.id_of((await follower.next())[0])
    events.put("line", {"n": 2})
    with events.follow(last) as follower:
        assert told(await follower.next()) == [{"n": 2}]
    epoch = last.partition("-")[0]
    for foreign in ("", "x", "ffffffff-1", f"{epoch}-", f"{epoch}-99999", f"{epoch}-{'9' * 99}"):
        with events.follow(foreign) as follower:
            events.put("line", {"n": foreign})
            assert told(await follower.next()) == [{"n": foreign}]


@virtual
async def test_a_slow_one_is_told_how_much_it_lost_and_nothing_grows() -> None:
    events = Events()
    with events.follow() as follower:
        for number in range(KEPT + 7):
            events.put("words", {"n": number})
        lost, *rest = await follower.next()
        assert (lost.kind, json.loads(lost.data)) == ("lost", {"count": 7})
        assert told(rest) == [{"n": number} for number in range(7, KEPT + 7)]
        with events.follow(events.id_of(lost)) as again:
            assert told(await again.next()) == told(rest)


@virtual
async def test_a_wait_that_is_cut_off_loses_nothing_and_closing_ends_it() -> None:
    events = Events()
    with events.follow() as follower:
        try:
            async with asyncio.timeout(15):
                await follower.next()
        except TimeoutError:
            events.put("line", {"n": 1})
        assert told(await follower.next()) == [{"n": 1}]
        waiting = asyncio.create_task(follower.next())
        await asyncio.sleep(1)
        events.put("line", {"n": 2})
        events.close()
        assert told(await waiting) == [{"n": 2}]
        assert await follower.next() == []


@virtual
async def test_who_comes_in_the_middle_of_a_line_gets_it_once() -> None:
    events = Events()
    events.put("line", {"id": "a", "phase": "start"})
    events.put("words", {"id": "a", "text": "One"})
    events.put("line", {"id": "a", "phase": "end"})
    events.put("words", {"id": "a", "text": "One.", "final": True})
    start, words = {"id": "b", "phase": "start"}, {"id": "b", "text": "Two three"}
    events.put("alert", start)
    events.put("words", {"id": "b", "text": "Two"})
    events.put("words", words)
    with events.follow() as late:
        begun = await late.next()
        assert told(begun) == [start, words]
        with events.follow(events.id_of(begun[-1])) as back:
            events.put("words", {"id": "b", "text": "Two three four"})
            assert told(await late.next()) == told(await back.next())
    events.put("line", {"id": "b", "phase": "end"})
    with events.follow() as between:
        events.put("line", {"id": "c", "phase": "start"})
        assert told(await between.next()) == [{"id": "c", "phase": "start"}]
    events.broken_off()
    with events.follow() as after:
        events.put("line", {"id": "d"})
        assert told(await after.next()) == [{"id": "d"}]
