"""Movement tells what happens, and nothing of what only changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import av
import cv2
import numpy as np
import pytest
from livekit.plugins.pressbox.commentator.window import Grey
from livekit.plugins.pressbox.scene import Motion
from livekit.plugins.pressbox.scene.movement import Movement

from tests.support.films import Film, events, room, still
from tests.support.footage import PEOPLE
from tests.support.noise import noises

BEGIN = 6.0
"""Seconds of quiet before an event."""
EVENTS = {event.name: event for event in events(BEGIN)}


def small(picture: Grey) -> Grey:
    return np.asarray(cv2.resize(picture, (160, 90), interpolation=cv2.INTER_AREA), np.uint8)


def steady(seconds: float, fps: float) -> list[float]:
    return [number / fps for number in range(round(seconds * fps))]


def uneven(seconds: float) -> list[float]:
    rng = np.random.default_rng(2)
    return [float(t) for t in np.cumsum(rng.uniform(0.1, 1.0, 999)) if t < seconds]


def motions(film: Film, times: Iterable[float]) -> Iterator[tuple[float, Motion]]:
    movement = Movement()
    for t in times:
        yield t, movement.see(100.0 + t, small(film(t)))


def told(film: Film, times: Iterable[float]) -> list[tuple[float, str]]:
    return [
        (round(t, 2), name)
        for t, motion in motions(film, times)
        for name in ("movers", "cut", "dimmed", "lit")
        if getattr(motion, name)
    ]


@pytest.mark.parametrize("times", [steady(8, 10), uneven(20)], ids=["steady", "uneven"])
@pytest.mark.parametrize("name", noises())
def test_noise_is_nothing_however_seldom_it_is_looked_at(name: str, times: list[float]) -> None:
    assert told(noises()[name](still(room()), np.random.default_rng(7)), times) == []


@pytest.mark.parametrize("name", ["rain", "shake", "starved encoder"])
@pytest.mark.parametrize("what", ["person comes", "ball crosses", "light goes out", "cut"])
def test_what_happens_is_told_through_noise(name: str, what: str) -> None:
    film = EVENTS[what].film(noises()[name](still(room()), np.random.default_rng(7)))
    seen = told(film, steady(BEGIN + 2, 10))
    assert min(t for t, shows in seen if shows == EVENTS[what].shows) <= BEGIN + 1.0
    assert min(t for t, _ in seen) >= BEGIN


@pytest.mark.parametrize("what", EVENTS)
@pytest.mark.parametrize("fps", [2, 10])
def test_each_event_is_told(what: str, fps: float) -> None:
    event = EVENTS[what]
    seen = told(event.film(still(room())), steady(BEGIN + event.lasts, fps))
    assert event.shows in {shows for _, shows in seen}
    assert min(t for t, _ in seen) >= BEGIN


@pytest.mark.skipif(not PEOPLE.is_file(), reason="no footage")
def test_who_comes_in_real_footage_is_seen_and_nothing_else_is() -> None:
    """By eye: when the first hair of somebody is seen, and when the last trace has gone."""
    stays = ((6.0, 19.6), (22.7, 44.7), (50.2, 69.7))
    movement, moving, due = Movement(), [], 0.0
    with av.open(str(PEOPLE)) as container:
        for frame in container.decode(video=0):
            if (at := float(frame.time or 0.0)) > 73:
                break
            if at >= due:
                due += 0.5
                grey = small(frame.to_ndarray(format="gray").astype(np.uint8))
                moving += [at] * bool(movement.see(at, grey).movers)
    assert all(any(come <= at < come + 2 for at in moving) for come, _ in stays)
    assert all(any(come <= at < gone + 2.5 for come, gone in stays) for at in moving)


@pytest.mark.parametrize("fps", [2, 10])
def test_a_cut_to_a_picture_with_little_in_it_is_one(fps: float) -> None:
    """As from a room to an empty road: most places have about the same tone."""
    road = np.full((360, 640), int(room().mean()), np.uint8)
    cv2.line(road, (40, 359), (300, 0), 200, 6)
    cv2.line(road, (600, 359), (330, 0), 200, 6)
    seen = told(lambda t: road if 8 <= t < 16 else room(), steady(24, fps))
    assert [name for _, name in seen] == ["cut", "cut"]


def test_one_broken_picture_is_no_cut() -> None:
    rng = np.random.default_rng(3)
    garbage = cv2.resize(rng.integers(0, 255, (9, 16), np.uint8), (640, 360), interpolation=0)
    broken = np.asarray(garbage, np.uint8)
    assert told(lambda t: broken if abs(t - 6) < 0.01 else room(), steady(10, 10)) == []
