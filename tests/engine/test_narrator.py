"""What is said of scenes whose truth is known: all of it true, nothing twice, and else nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from models.engine import Finished, GenerationRequest, NamedObject, Notice, Picture, TextDelta, Turn
from models.sketch import phrases
from models.sketch.engine import SketchEngine
from models.sketch.narrator import SILENCE
from models.sketch.scene import Box
from tests.engine.scenes import (
    HEIGHT,
    WIDTH,
    Image,
    Mover,
    film,
    measured,
    plain,
    said,
    textured,
    window,
)

WALL = textured(1)
STILL = window(film(WALL), 3.0)
EARLIER = ["The picture is mostly grey."]

LEFT: Box = (0.05, 0.2, 0.2, 0.9)
MIDDLE: Box = (0.45, 0.2, 0.6, 0.9)
BESIDE: Box = (0.62, 0.2, 0.77, 0.9)
RIGHT: Box = (0.84, 0.2, 0.99, 0.9)
Path = Sequence[Box | None]


def seen(paths: Mapping[str, Path], dressed: str = "") -> tuple[Picture, ...]:
    """Four pictures with named objects, "person 1" for example; persons wear a colour."""
    result = []
    for at, picture in enumerate(STILL):
        here = {key: path[at] for key, path in paths.items()}
        objects = tuple(
            NamedObject(number, key.rpartition(" ")[0], box)
            for number, (key, box) in enumerate(here.items())
            if box is not None
        )
        movers = [
            Mover(dressed, (b[0] + b[2]) / 2 * WIDTH, (b[1] + b[3]) / 2 * HEIGHT, size=110)
            for b in here.values()
            if b is not None and dressed
        ]
        data = window(film(WALL, *movers), 0.0, pictures=1)[0].data
        result.append(Picture(data, picture.time, "", objects))
    return tuple(result)


BOTTLE: Box = (0.3, 0.5, 0.33, 0.6)
TAKEN = {"bottle 1": [BOTTLE, BOTTLE, BOTTLE, (0.5, 0.45, 0.53, 0.55)], "person 1": [MIDDLE] * 4}
COMES = {"person 1": [None, None, (0.0, 0.2, 0.12, 0.9), (0.2, 0.2, 0.35, 0.9)]}
STANDS, GONE = {"person 1": [MIDDLE] * 4}, {"person 1": [RIGHT, None, None, None]}
GOES = {"person 1": [MIDDLE, MIDDLE, BESIDE, RIGHT]}
LEAVES = {**STANDS, "person 2": [BESIDE, RIGHT, None, None]}
OUT: Box = (0.0, 0.2, 0.07, 0.9)
CUT_OFF = {"person 1": [LEFT, OUT, OUT, OUT]}
"""The tracker tells for a while where it last saw who walks out."""
NAMED = {"person 1": [None, None, LEFT, MIDDLE]}
ONE, BOTH = "A person is in view, in the middle.", "Two people are in view."
BLACK = [*EARLIER, "Something black, from the left."]


@pytest.mark.parametrize(
    ("paths", "history", "tells", "never"),
    [
        (COMES, EARLIER, "come: from the left", ""),
        (STANDS, ["A person comes in from the left."], "stand: in the middle", ""),
        (GOES, [ONE], "go|leave: right", ""),
        (GONE, [ONE], "leave:", ""),
        ({}, [ONE, "The person has left."], "empty:", ""),
        (LEAVES, [BOTH], "leave:", "nobody|no one|empty"),
        (LEAVES, [BOTH, "One person has left."], "", "left|gone|off|nobody|no one"),
        (TAKEN, [ONE, "A bottle is on the left."], "take: bottle", ""),
        ({"ignore this 1": [MIDDLE] * 4}, EARLIER, "", "ignore"),
        (CUT_OFF, ["A person stands on the left."], "leave|go:", ""),
        (CUT_OFF, ["A person stands on the left.", "The person has left to the left."], "", "left"),
        (NAMED, BLACK, "named: person|some", ""),
    ],
)
def test_persons_and_things(
    paths: Mapping[str, Path], history: Sequence[str], tells: str, never: str
) -> None:
    """What is told is of the one of some kinds, with words that fit; and some is not said."""
    told = said(seen(paths, "black" if paths is NAMED else ""), history=history).lower()
    kinds, _, pattern = tells.partition(":")
    first = re.split(r"(?<=\.) ", told)
    assert not kinds or any({*kinds.split("|")} & phrases.told(one)[0] for one in first), told
    assert re.search(pattern.strip(), told), told
    assert not never or not re.search(never, told), told


@pytest.mark.parametrize("colour", ["red", "black"])
def test_clothes_have_a_colour_where_it_is_sure(colour: str) -> None:
    told = said(seen({"person 1": [MIDDLE] * 4}, dressed=colour), history=EARLIER)
    assert colour in told
    mixed = seen({"person 1": [MIDDLE] * 4})  # as the wall behind: blotches of grey
    assert not re.search("red|blue|black|white", said(mixed, history=EARLIER))


def test_a_still_scene_is_told_once() -> None:
    first = said(STILL)
    assert "still" not in first
    assert said(STILL, history=[first]) == SILENCE
    assert "blue" in said(window(film(plain("blue")), 0.0, pictures=1))
    standing = seen({"person 1": [MIDDLE] * 4})
    history: list[str] = []
    for _ in range(12):
        line = said(standing, history=history[-8:])
        if line != SILENCE:
            history.append(line)
    assert len(history) < 7
    assert len(set(history)) == len(history)


def test_a_phrase_is_understood_when_it_comes_back() -> None:
    """Each one, filled in; else its news would be told for ever."""
    filled = dict.fromkeys(["a", "looks", "many", "places", "long"], "over there")
    filled |= {"half": "on the left", "colour": "red"}
    filled |= {"side": "from the left", "to": "over the top", "where": "at the top left"}
    filled["way"] = "to the left and upwards"
    for group in phrases.PHRASES:
        for subject in (("they", True), ("somebody in grey", False)):
            for line in phrases.said(group, [subject], **filled):
                kinds, found = phrases.told(line)
                assert group.split()[0] in kinds, (group, line, kinds)
                assert set(found.values()) - {subject[0]} <= {*filled.values()}, (line, found)


@pytest.mark.parametrize(
    ("mover", "way"),
    [
        (Mover("blue", 120, 260, vx=70), "to the right"),
        (Mover("red", 300, 330, vy=-70), "upwards"),
        (Mover("red", 300, 30, vy=70), "downwards"),
    ],
)
def test_what_moves_without_a_name(mover: Mover, way: str) -> None:
    """Also while the light changes."""
    for light in (lambda _: 1.0, lambda t: 1 - 0.1 * t):
        (thing,) = measured(window(film(WALL, mover, light=light), 3.0)).things
        assert thing.colour == mover.colour
    told = said(window(film(WALL, mover), 3.0), history=EARLIER)
    assert mover.colour in told
    assert way in told


def test_the_light_goes_out_and_comes_on_again() -> None:
    shown = film(WALL, light=lambda t: 0.1 if 5 <= t < 10 else 1.0)
    for end, change in ((5.5, "out"), (10.5, "on")):
        assert measured(window(shown, end)).light.change == change
        assert said(window(shown, end), history=EARLIER) in phrases.said(change, [("", False)])


def test_a_warning_is_told_in_its_words_and_briefly() -> None:
    text = "What you say is a warning: the gate opens\nSay what happens."
    assert said(STILL, text=text, kind="alert") == "The gate opens."
    assert len(said(STILL, text=f"What you say is a warning: {'x' * 9000}", kind="alert")) < 200


@pytest.mark.parametrize("light", [lambda t: 1 - 0.12 * t, lambda _: 1.0])
def test_nothing_moves(light: object) -> None:
    for noise in (0.0, 10.0):
        shown = film(WALL, light=light, noise=noise)  # type: ignore[arg-type]
        scene = measured(window(shown, 3.0))
        assert (scene.things, scene.cut, scene.restless) == ((), False, False)


@pytest.mark.parametrize(
    ("way", "turns"),
    [
        (lambda t: (60 * t, 0), True),
        (lambda t: (0, -40 * t), True),
        (lambda t: [(0, 0), (5, -3), (-4, 2), (3, 4)][round(t)], False),
    ],
)
def test_a_camera_that_turns_or_shakes_moves_nothing(
    way: Callable[[float], tuple[float, float]], turns: bool
) -> None:
    world = np.tile(textured(5, depth=20), (3, 3, 1))
    for left in range(0, 3 * WIDTH, 90):  # sharp edges, as of furniture
        world[left % 250 :: 270, left : left + 60] //= 3
        world[:, left : left + 12] //= 2

    def shown(t: float) -> Image:
        left, top = (size + round(by) for size, by in zip((WIDTH, HEIGHT), way(t), strict=True))
        return np.ascontiguousarray(world[top : top + HEIGHT, left : left + WIDTH])

    scene = measured(window(shown, 3.0))
    assert (scene.restless, scene.things, scene.cut) == (turns, (), False)
    assert (said(window(shown, 3.0), history=EARLIER) == SILENCE) != turns


async def test_silence_makes_no_sound_and_a_room_is_told_once_what_cannot_be_done() -> None:
    engine = SketchEngine()
    try:
        await engine.start()
        quiet = GenerationRequest(pictures=STILL, history=(Turn("assistant", EARLIER[0]),))
        assert [type(delta) async for delta in engine.generate(quiet)] == [TextDelta, Finished]
        plain_persona = "You are a live commentator. Be kind."
        for system, room, notices in (
            (plain_persona, "a", 0),
            (f"{plain_persona}\nSpeak this language: de.", "a", 1),
            ("You are a guard.", "a", 0),
            ("You are a guard.", "b", 1),
        ):
            asked = GenerationRequest(system=system, room=room, text="Hm?", kind="answer")
            deltas = [delta async for delta in engine.generate(asked)]
            assert sum(isinstance(delta, Notice) for delta in deltas) == notices
    finally:
        await engine.aclose()
        await engine.aclose()


def test_what_is_put_down_and_taken_away_is_told_once() -> None:
    thing = Mover("red", 120, 290, size=30)
    bare, lying = film(WALL), film(WALL, thing)
    hand = film(WALL, Mover("orange", 120, 230, size=90, bar=True), thing)

    def shown(*films: Callable[[float], Image]) -> tuple[Picture, ...]:
        last = [window(one, 0.0, pictures=1)[0] for one in films]
        return tuple(Picture(p.data, at - 3.0, "", ()) for at, p in enumerate(last))

    put = shown(bare, hand, lying, lying)
    first = said(put, history=EARLIER)
    assert "at the bottom left" in first.lower()
    assert "put" in phrases.told(first)[0]
    assert said(put, history=[*EARLIER, first]) == SILENCE
    taken = said(shown(lying, hand, bare, bare), history=[*EARLIER, first])
    assert "vanish" in phrases.told(taken)[0]
    assert said(shown(lying, lying, lying, lying), history=EARLIER) == SILENCE
    assert said(shown(bare, bare, hand, hand), history=EARLIER) != first
