"""Which rooms want a commentator, and who is next. Pure; times are `time.monotonic()` seconds.

livekit-server 1.13.5 says little of a dispatch: its job stays "running" whoever has left, and at
times is not listed at all. So what counts is who is in a room, and that a dispatch is there: it is
an order that stands until somebody deletes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from livekit import api

from config.agent_name import AGENT_NAME, GUEST_PREFIX, WISH_ATTRIBUTE, is_ours
from config.source_names import INGRESS_ATTRIBUTE

JOIN_LIMIT = 4.0
"""Seconds that a dispatch has to bring its agent."""

LONGEST_JOIN = 60.0
"""Seconds to which that grows where the agent does not come or does not stay."""

PATIENCE = 1.5
"""Seconds for which a room must have wanted one: who joins may be about to dispatch himself, and a
job that was sent away takes its dispatch back.
"""


@dataclass(frozen=True, slots=True)
class RoomView:
    """One look at a room. `dispatches` of our agent, oldest first: id and metadata; `wish`: the
    metadata of the dispatch that somebody in the room would like, None where nobody does; `others`:
    who else is there with a track; `note`: the room's metadata.
    """

    sid: str = ""
    agents: tuple[str, ...] = ()
    dispatches: tuple[tuple[str, str], ...] = ()
    wish: str | None = None
    others: tuple[str, ...] = ()
    note: str = ""

    @property
    def metadata(self) -> str:
        """What to dispatch with."""
        return self.dispatches[-1][1] if self.dispatches else self.wish or ""


def view_of(
    room: api.Room,
    participants: Iterable[api.ParticipantInfo],
    dispatches: Iterable[api.AgentDispatch],
) -> RoomView:
    """A look at a room out of what the server tells of it."""
    people = sorted(participants, key=lambda info: info.joined_at_ms)
    ours = [entry for entry in dispatches if entry.agent_name == AGENT_NAME]
    ours.sort(key=lambda entry: entry.state.created_at)
    return RoomView(
        sid=room.sid,
        agents=tuple(info.identity for info in people if is_ours(info)),
        dispatches=tuple((entry.id, entry.metadata) for entry in ours),
        wish=next((wish for info in people if (wish := _wish(info)) is not None), None),
        others=tuple(info.identity for info in people if info.tracks and not is_ours(info)),
        note=room.metadata,
    )


def _wish(info: api.ParticipantInfo) -> str | None:
    wish = "" if INGRESS_ATTRIBUTE in info.attributes else info.attributes.get(WISH_ATTRIBUTE)
    # Participants may change their attributes.
    return "{}" if wish and info.identity.startswith(GUEST_PREFIX) else wish


@dataclass(slots=True)
class _Room:
    """What is remembered of a room. `orders`: its dispatches at the last look; `had`: an agent was
    in it and was not lost, or a dispatch was taken back; `here`: one was there before the wait;
    `since`: it waits since then; `until`: it is given time until then, `limit` seconds at the next
    dispatch.
    """

    sid: str
    orders: set[str] = field(default_factory=set)
    had: bool = False
    here: bool = False
    since: float | None = None
    until: float = 0.0
    limit: float = JOIN_LIMIT


class WaitingRooms:
    """Decides at each look which rooms get a commentator now.

    The own room always wants one. Another one does while it has a dispatch of our agent, or a
    participant that would like one and has had none yet: where somebody has sent the agent away,
    by deleting its dispatch or removing it, it comes back with the next dispatch only, or when
    the room has been closed.
    """

    def __init__(self, own_room: str, limit: int | None) -> None:
        """`limit`: commentators at a time; None where that is not known."""
        self._own_room = own_room
        self._limit = limit
        self._rooms: dict[str, _Room] = {}
        self.full: list[str] = []
        """Rooms for which there is no place, longest wait first."""

    @property
    def bereft(self) -> list[str]:
        """Rooms whose commentator has stopped and is to come back."""
        return [name for name, room in self._rooms.items() if room.here and room.since is not None]

    def forget(self) -> None:
        """The server has ended, and with it all rooms."""
        self._rooms.clear()

    def take(self, limit: int) -> None:
        """From now on there are so many commentators at a time."""
        self._limit = limit

    def worker_lost(self) -> None:
        """Agents that go now were not sent away."""
        for room in self._rooms.values():
            room.had = False

    def worker_ready(self) -> None:
        """What has been dispatched before is of no use any more."""
        for room in self._rooms.values():
            room.until, room.limit = 0.0, JOIN_LIMIT

    def look(self, views: Mapping[str, RoomView], now: float) -> list[str]:
        """Notes what is so now; returns the rooms to dispatch to, longest wait first."""
        self._rooms = {name: self._known(name, view) for name, view in views.items()}
        for name, view in views.items():
            self._note(name, view, now)
        queue = sorted(
            (room.since, name)
            for name, room in self._rooms.items()
            if room.since is not None and now >= max(room.until, room.since + self._patience(name))
        )
        free = self._free(views, now)
        self.full = [name for _, name in queue[free:]]
        return [name for _, name in queue[:free]]

    def dispatched(self, name: str, order: str, now: float) -> None:
        """The dispatch of this id has taken the place of all others."""
        room = self._rooms[name]
        room.orders = {order}
        room.until = now + room.limit
        room.limit = min(room.limit * 2, LONGEST_JOIN)

    def _known(self, name: str, view: RoomView) -> _Room:
        """A room that was closed and opened again is another one."""
        room = self._rooms.get(name)
        return room if room is not None and room.sid == view.sid else _Room(view.sid)

    def _note(self, name: str, view: RoomView, now: float) -> None:
        room = self._rooms[name]
        orders = {order for order, _ in view.dispatches}
        if orders - room.orders:
            room.until = max(room.until, now + JOIN_LIMIT)
        room.had = room.had or bool(room.orders - orders)
        room.orders = orders
        if view.agents:
            room.had, room.here, room.since = True, True, None
            stays = now >= room.until + room.limit
            room.limit = JOIN_LIMIT if stays else room.limit
        elif not self._wanted(name, view, room):
            room.here, room.since = False, None
        elif room.since is None:
            room.since = now

    def _wanted(self, name: str, view: RoomView, room: _Room) -> bool:
        asked = view.wish is not None and not room.had
        return name == self._own_room or bool(view.dispatches) or asked

    def _patience(self, name: str) -> float:
        return 0.0 if name == self._own_room else PATIENCE

    def _free(self, views: Mapping[str, RoomView], now: float) -> int:
        if self._limit is None:
            return len(views)
        coming = sum(
            room.since is not None and now < room.until and bool(views[name].dispatches)
            for name, room in self._rooms.items()
        )
        return max(0, self._limit - coming - sum(len(view.agents) for view in views.values()))
