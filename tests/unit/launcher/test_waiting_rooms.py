"""Which rooms get a commentator, and when."""

from __future__ import annotations

from dataclasses import replace

from livekit import api

from launcher.waiting_rooms import JOIN_LIMIT, PATIENCE, RoomView, WaitingRooms, view_of

EMPTY = RoomView("RM_1")
WISH = RoomView("RM_1", wish="{}")
ORDER = RoomView("RM_1", dispatches=(("AD_1", "{}"),))
SERVED = replace(ORDER, agents=("agent-1",))


class Rooms:
    """Looks at rooms every half second, and dispatches where it is told to."""

    def __init__(self, limit: int | None = 4) -> None:
        self.core = WaitingRooms("lobby", limit)
        self.now = 100.0
        self.sent: list[str] = []

    def look(self, seconds: float = 0.0, **views: RoomView) -> list[str]:
        """The rooms that got a dispatch within so many seconds in which nothing changes."""
        before, until = len(self.sent), self.now + seconds
        while True:
            for room in self.core.look(views, self.now):
                self.core.dispatched(room, "AD_1", self.now)
                self.sent.append(room)
            if self.now >= until:
                return self.sent[before:]
            self.now += 0.5


def test_somebody_elses_dispatch_has_the_time_to_join() -> None:
    rooms = Rooms()
    assert rooms.look(JOIN_LIMIT - 0.5, a=ORDER) == []
    assert rooms.look(10.0, a=SERVED) == []
    assert rooms.look(JOIN_LIMIT - 0.5, b=ORDER) == []
    assert rooms.look(0.5, b=ORDER) == ["b"]


def test_one_who_wishes_and_then_dispatches_himself_gets_no_second_one() -> None:
    rooms = Rooms()
    assert rooms.look(PATIENCE - 0.5, a=WISH) == []
    assert rooms.look(3.0, a=replace(ORDER, wish="{}")) == []


def test_one_that_somebody_sent_away_stays_away() -> None:
    rooms = Rooms()
    rooms.look(60.0, a=SERVED)
    assert rooms.look(600.0, a=WISH) == []
    again = RoomView("RM_1", dispatches=(("AD_2", ""),))
    assert rooms.look(60.0, a=replace(again, agents=("agent-2",))) == []
    assert rooms.look(600.0, a=WISH) == []
    assert rooms.look(PATIENCE, a=replace(WISH, sid="RM_2")) == ["a"]


def test_a_lost_worker_or_server_has_sent_nobody_away() -> None:
    rooms = Rooms()
    rooms.look(60.0, a=replace(EMPTY, agents=("agent-0",)))
    rooms.core.worker_lost()
    assert rooms.look(PATIENCE, a=WISH) == ["a"]
    rooms.look(60.0, a=SERVED)
    rooms.core.forget()
    assert rooms.look(PATIENCE, a=WISH) == ["a"]


def test_one_that_never_stays_is_sent_ever_more_seldom() -> None:
    rooms = Rooms()
    rooms.look(10.0, a=SERVED)
    sent = 0
    for _ in range(60):
        sent += len(rooms.look(5.0, a=ORDER))
        rooms.look(5.0, a=SERVED)
    assert 10 <= sent <= 20


def test_first_come_first_served_over_all_rooms() -> None:
    rooms = Rooms(limit=2)
    busy = {"lobby": SERVED, "a": replace(SERVED, sid="RM_a")}
    b, c = replace(WISH, sid="RM_b"), replace(ORDER, sid="RM_c")
    assert rooms.look(5.0, c=c, **busy) == []
    assert rooms.look(5.0, c=c, b=b, **busy) == []
    assert rooms.core.full == ["c", "b"]
    del busy["a"]
    assert rooms.look(3.0, c=c, b=b, **busy) == ["c"]
    assert rooms.core.full == ["b"]
    served = replace(c, agents=("agent-3",))
    assert rooms.look(60.0, c=served, b=b, **busy) == []
    assert rooms.look(0.5, b=b, **busy) == ["b"]
    assert rooms.core.full == []


def test_places_of_agents_that_are_on_their_way_are_not_given_twice() -> None:
    rooms = Rooms(limit=2)
    views = {name: RoomView(f"RM_{name}", wish="") for name in "abc"}
    assert rooms.look(PATIENCE, lobby=SERVED, **views) == ["a"]
    views["a"] = replace(views["a"], dispatches=(("AD_9", ""),))
    assert rooms.look(2.0, lobby=SERVED, **views) == []


def test_a_guest_gets_a_commentator_and_chooses_no_settings_of_it() -> None:
    people = [participant("guest-0123456789ab", 1, **{"pressbox.wish": '{"mode":"idle"}'})]
    assert view_of(api.Room(sid="RM_1"), people, []).wish == "{}"


def participant(identity: str, joined: int, **more: str) -> api.ParticipantInfo:
    kinds = api.ParticipantInfo.Kind
    kind = kinds.AGENT if "lk.agent.name" in more else kinds.STANDARD
    return api.ParticipantInfo(identity=identity, joined_at_ms=joined, attributes=more, kind=kind)


def test_a_room_is_seen_as_the_server_tells_it() -> None:
    camera = participant("cam", 3)
    camera.tracks.append(api.TrackInfo(sid="TR_1"))
    ours = {"lk.agent.name": "pressbox"}
    dispatches = [
        api.AgentDispatch(id="AD_2", agent_name="pressbox", metadata="{2}"),
        api.AgentDispatch(id="AD_1", agent_name="pressbox", metadata="{1}"),
        api.AgentDispatch(id="AD_0", agent_name=""),
    ]
    dispatches[0].state.created_at = 7
    people = [
        participant("agent-2", 6, **ours),
        participant("agent-1", 5, **ours),
        participant("stranger", 1, **{"lk.agent.name": "other"}),
        participant("guest", 4, **{"pressbox.wish": '{"mode":"idle"}'}),
        camera,
    ]
    view = view_of(api.Room(sid="RM_1", metadata="m"), people, dispatches)
    assert view == RoomView(
        sid="RM_1",
        agents=("agent-1", "agent-2"),
        dispatches=(("AD_1", "{1}"), ("AD_2", "{2}")),
        wish='{"mode":"idle"}',
        others=("cam",),
        note="m",
    )
    assert view.metadata == "{2}"
    source = participant("cam", 1, **{"pressbox.ingress": "{}"})
    assert view_of(api.Room(), [source], []).wish == ""
    assert view_of(api.Room(), [participant("guest", 1)], []).wish is None
