"""Which track the booth watches, which it tries beside it, and what "newest" is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest

from agent.picture.newest import OUTAGE, REJOINING, REMEMBERED, SETTLING
from agent.picture.published import Track
from agent.picture.source_choice import FIRST_PAUSE, LONGEST_PAUSE, TRIAL, Choice, Chosen


def camera(identity: str, **more: Any) -> Track:
    return Track(f"TR_{identity}", identity, f"PA_{identity}", **more)


@dataclass
class Room:
    """Tracks in a room, each of which brings a picture as soon as it is read, unless it is dark."""

    tracks: list[Track] = field(default_factory=list)
    dark: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    wanted: str = ""
    now: float = 1000.0
    choice: Choice = field(default_factory=Choice)
    begun: dict[str, int] = field(default_factory=dict)
    chosen: Chosen = field(default_factory=Chosen)

    def add(self, *tracks: Track) -> str:
        self.tracks += tracks
        return self.look()

    def remove(self, *identities: str) -> str:
        self.tracks = [one for one in self.tracks if one.identity not in identities]
        return self.look()

    def change(self, identity: str, **changes: Any) -> str:
        self.tracks = [
            replace(one, **changes) if one.identity == identity else one for one in self.tracks
        ]
        return self.look()

    def rejoin(self, identity: str) -> str:
        """As another participant with another track, after an outage that the booth has seen."""
        [track] = [one for one in self.tracks if one.identity == identity]
        self.remove(identity)
        new = replace(track, sid=track.sid + "'", participant=track.participant + "'")
        return self.add(replace(new, joined=self.now))

    def wait(self, seconds: float) -> str:
        """Looks now and then."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + 1.0, end)
            self.look()
        return self.look()

    def look(self) -> str:
        """The identity that is watched in the end."""
        while True:
            before = self.chosen
            self.chosen = self.choice.look(self.tracks, self.wanted, self.now, self.away)
            if self.chosen.beside and self.chosen.beside != before.beside:
                identity = self.chosen.beside.identity
                self.begun[identity] = self.begun.get(identity, 0) + 1
            new = [
                one.sid
                for one in (self.chosen.watch, self.chosen.beside)
                if one and not one.muted and one.identity not in self.dark | self.away
                if one.sid not in self.choice.seen
            ]
            if not new:
                return self.chosen.watch.identity if self.chosen.watch else ""
            self.choice.brings(new[0])


def test_a_camera_that_is_switched_off_yields_and_comes_back_as_the_newest() -> None:
    room = Room()
    room.add(camera("a"))
    assert room.add(camera("b")) == "b"
    assert room.change("b", muted=True) == "a"
    room.add(camera("c"))
    assert room.change("b", muted=False) == "b"
    assert room.remove("a", "c") == "b"
    assert room.change("b", muted=True) == "b", "somebody has to be named"
    room.add(camera("a"))
    room.change("b", muted=False)
    room.remove("a")
    assert room.add(camera("a")) == "a", "the same participant has published again"


def test_one_that_is_known_to_be_away_is_not_waited_for_while_there_is_another() -> None:
    room = Room(away={"gate"})
    room.add(camera("demo"))
    assert room.add(camera("gate")) == "demo"
    assert room.chosen.passed_over == "no picture comes from gate"
    room.away.clear()
    assert room.look() == "gate"
    room.away.add("gate")
    assert room.wait(60) == "gate", "whom one has seen, one waits for"
    room.remove("demo")
    assert Room(tracks=room.tracks, away={"gate"}).look() == "gate", "somebody has to be named"


def test_cameras_come_first_then_screens_and_agents_only_by_name() -> None:
    room = Room()
    assert room.add(camera("agent-1", by="agent"), camera("gate", kind="small")) == ""
    assert room.add(camera("b", kind="screen")) == "b"
    assert room.add(camera("a")) == "a"
    assert room.add(camera("c", kind="screen")) == "a"
    for wanted, watched in {"agent-1": "agent-1", "gate": "", "b": "b", "ghost": ""}.items():
        room.wanted = wanted
        assert room.look() == watched


def test_a_watched_one_that_is_given_up_makes_room_and_is_watched_again_when_it_can_be_seen() -> (
    None
):
    room = Room()
    room.add(camera("a"))
    room.add(camera("b"))
    room.dark.add("b")
    for _ in range(10):
        room.choice.give_up(room.now)
    assert room.look() == "a"
    assert room.wait(FIRST_PAUSE - 1) == "a"
    room.dark.clear()
    assert room.wait(2) == "b"


def test_two_that_bring_nothing_do_not_take_turns_and_both_are_tried() -> None:
    room = Room(dark={"a", "b"})
    room.add(camera("a"))
    room.add(camera("b"))
    watched = []
    for _ in range(100):
        watched.append(room.wait(12))
        room.choice.give_up(room.now)
    assert sum(one != other for one, other in pairwise(watched)) <= 2
    room.dark.remove("a")
    assert room.wait(LONGEST_PAUSE + TRIAL) == "a"


def test_an_ingress_that_appears_just_after_the_booth_was_there_before() -> None:
    room = Room()
    room.add(camera("a", joined=5.0))
    room.wait(SETTLING - 1)
    assert room.add(camera("film", joined=9.0, by="ingress")) == "a"
    room.wait(2)
    assert room.add(camera("gate", joined=11.0, by="ingress")) == "gate", "somebody has added it"


def test_an_ingress_keeps_its_place_when_it_comes_back() -> None:
    room = Room()
    room.wait(SETTLING)
    room.add(camera("film", by="ingress"))
    room.wait(60)
    room.add(camera("a"))
    assert room.rejoin("film") == "a"
    room.remove("film")
    room.wait(10 * OUTAGE)
    assert room.add(camera("film", by="ingress")) == "a"
    assert room.change("film", sid="TR_other") == "a", "its track was made anew"
    room.change("film", muted=True)
    assert room.change("film", muted=False) == "a"


def test_a_server_that_comes_back_with_everybody_changes_nothing() -> None:
    room = Room()
    for identity in "abc":
        room.add(camera(identity))
    everybody = room.tracks
    room.remove(*"abc")
    room.wait(30)
    back = [replace(one, sid=one.sid + "'", participant=one.participant + "'") for one in everybody]
    room.add(back[2])
    room.add(back[0])
    assert room.add(back[1]) == "c"
    assert room.remove("c") == "b"


@pytest.mark.parametrize(("leaves", "kept"), [(False, OUTAGE), (True, REJOINING)])
def test_a_person_keeps_the_place_for_a_while(leaves: bool, kept: float) -> None:
    for seconds, watched in ((kept - 1, "b"), (kept + 1, "a")):
        room = Room()
        room.add(camera("a"), camera("b"))
        room.remove("a")
        if leaves:
            room.choice.newest.left("a", room.now)
        room.wait(seconds)
        assert room.add(replace(camera("a"), sid="TR_a2", participant="PA_a2")) == watched
        room.remove("a")
        room.wait(OUTAGE - 1)
        assert room.add(replace(camera("a"), sid="TR_a3", participant="PA_a3")) == watched


def test_one_of_two_cameras_is_chosen_by_name_or_sid_whoever_has_it() -> None:
    front = replace(camera("robot", by="agent"), sid="TR_front", name="front")
    back = replace(front, sid="TR_back", name="back")
    room = Room()
    room.add(front, back, camera("robot/back"), camera("other"))
    chosen = {}
    for wanted in ("robot/front", "robot/TR_back", "robot/none", "robot/back", "robot/"):
        room.wanted = wanted
        room.wait(2 * TRIAL)
        chosen[wanted] = room.chosen.watch.sid if room.chosen.watch else ""
    assert chosen == {
        "robot/front": "TR_front",
        "robot/TR_back": "TR_back",
        "robot/none": "",
        "robot/back": "TR_robot/back",
        "robot/": "",
    }


def test_what_is_remembered_is_bounded() -> None:
    room = Room()
    for number in range(3 * REMEMBERED):
        room.add(camera(f"viewer-{number}"))
        room.remove(f"viewer-{number}")
    assert len(room.choice.newest._places) <= REMEMBERED
    assert room.choice.seen == set()
