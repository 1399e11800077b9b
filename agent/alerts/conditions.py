"""Which cheap conditions hit, seen over time. Pure.

What begins counts once it has lasted, and what ends once it has been away: an object that flickers
for a second neither leaves nor appears. What is there at the beginning, after a lost source, or
when a rule is new, is there already: it neither appears nor does it become dark.

All times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from livekit.plugins.pressbox.scene import Sight

from agent.alerts.things import GONE, LASTS, Things
from config.alert_rule import Condition
from vision.detection import Box

MOVES = 0.4
"""Seconds between the first and a further sight of motion that make it one..."""
PAUSES = 0.6
"""...where it pauses for less than this meanwhile."""
DARK = 40.0
"""Grey level, 0 to 255, below which a picture is dark."""
BRIGHTER = 1.2
"""What is dark is light again from so many times that level on."""
INSIDE = 0.3
"""Part of a mover, or of a smaller region, that must be in both for a motion in the region."""


Watch = Callable[[Sight], bool]
"""Takes the next sight; whether the condition hits now."""


def watch(condition: Condition) -> Watch:
    """What looks after a condition from now on; `source_lost` is told, not seen."""
    if condition.thing:
        return Things(condition).see
    if condition.motion:
        return _Motion(condition.region).see
    if condition.still is not None:
        return _Stillness(condition.still).see
    if condition.darkness or condition.light:
        return _Light(darkness=bool(condition.darkness)).see
    return lambda sight: bool(condition.cut) and sight.motion.cut


class _Motion:
    """Motion that begins; what has not moved for a while begins anew."""

    def __init__(self, region: Box | None) -> None:
        self._region = region
        self._begun: float | None = None
        self._missed: float | None = None
        self._told = False

    def see(self, sight: Sight) -> bool:
        now = sight.capture_time
        if not any(_touches(box, self._region) for box in sight.motion.movers):
            self._missed = now if self._missed is None else self._missed
            if now - self._missed >= (GONE if self._told else PAUSES):
                self._begun, self._told = None, False
            return False
        self._missed = None
        self._begun = now if self._begun is None else self._begun
        if self._told or now - self._begun < MOVES:
            return False
        self._told = True
        return True


class _Stillness:
    """Stillness is told once, and anew after something has moved."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moved = _Motion(None)
        self._since: float | None = None
        self._told = False

    def see(self, sight: Sight) -> bool:
        now, moves = sight.capture_time, self._moved.see(sight)
        if moves or sight.motion.cut or self._since is None:
            self._since, self._told = now, False
        elif sight.motion.movers and not self._told:
            self._since = now
        if self._told or now - self._since < self._seconds:
            return False
        self._told = True
        return True


@dataclass(frozen=True, slots=True)
class _Turn:
    """A change of the light that may last: the grey level between, and when it began."""

    darker: bool
    limit: float
    since: float


class _Light:
    """It gets dark, or light, suddenly or over an hour; either must last."""

    def __init__(self, *, darkness: bool) -> None:
        self._wanted = darkness
        self._dark: bool | None = None
        self._level = 0.0
        self._turn: _Turn | None = None
        self._limit = DARK

    def see(self, sight: Sight) -> bool:
        light = sight.motion.light
        before, self._level = self._level, light
        if self._dark is None:
            self._dark = light < DARK
        elif self._turn is None:
            self._turn = self._begun(sight, (before + light) / 2)
        elif (light < self._turn.limit) != self._turn.darker:
            self._turn = None
        elif sight.capture_time - self._turn.since >= LASTS:
            done, self._turn = self._turn, None
            self._dark, self._limit = done.darker, done.limit if done.darker else DARK
            return done.darker == self._wanted
        return False

    def _begun(self, sight: Sight, middle: float) -> _Turn | None:
        motion, now = sight.motion, sight.capture_time
        if motion.dimmed and not self._dark:
            return _Turn(True, middle, now)
        if motion.lit:
            return _Turn(False, middle, now)
        if not self._dark and motion.light < DARK:
            return _Turn(True, DARK, now)
        if self._dark and motion.light > self._limit * BRIGHTER:
            return _Turn(False, self._limit * BRIGHTER, now)
        return None


def _touches(box: Box, region: Box | None) -> bool:
    if region is None:
        return True
    both = (*map(max, box[:2], region[:2]), *map(min, box[2:], region[2:]))
    return _area(both) >= INSIDE * min(_area(box), _area(region)) > 0


def _area(box: tuple[float, ...]) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


class Conditions:
    """Looks after the conditions of many rules, by name. Belongs to one booth."""

    def __init__(self) -> None:
        self._conditions: dict[str, Condition] = {}
        self._watches: dict[str, Watch] = {}
        self._newest = float("-inf")
        self._lost = False

    def use(self, conditions: dict[str, Condition]) -> None:
        """Look after these from now on; those that stay as they were go on."""
        self._watches = {
            name: self._watches[name]
            if self._conditions.get(name) == condition
            else watch(condition)
            for name, condition in conditions.items()
        }
        self._conditions = dict(conditions)

    def see(self, sight: Sight) -> Sequence[str]:
        """The names of the rules that hit with this sight."""
        if sight.capture_time < self._newest:
            self.forget()  # the source's clock jumped back
        self._newest = sight.capture_time
        return [name for name, one in self._watches.items() if one(sight)]

    def lost(self, lost: bool) -> Iterable[str]:
        """The source is lost, or there again; the names of the rules that hit by it."""
        news, self._lost = lost and not self._lost, lost
        if not news:
            return []
        self.forget()
        return [name for name, condition in self._conditions.items() if condition.source_lost]

    def forget(self) -> None:
        """The next sight is the first one: the source is another one."""
        self._newest = float("-inf")
        self._watches = {name: watch(one) for name, one in self._conditions.items()}
