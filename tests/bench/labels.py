"""What is in a film, by eye."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PEOPLE = Path(__file__).with_name("people_labels.txt")


@dataclass(frozen=True, slots=True)
class Labels:
    """What may and what must be named.

    Attributes:
        persons: Least and most persons that may be named, by second.
        things: What else may be named.
    """

    persons: dict[float, tuple[int, int]]
    things: frozenset[str]

    @classmethod
    def read(cls, path: Path = PEOPLE) -> Labels:
        persons, things = {}, frozenset[str]()
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("may name: "):
                things = frozenset(name.strip() for name in line.partition(": ")[2].split(","))
            elif line and not line.startswith("#"):
                second, number = line.split()
                least, _, most = number.partition("-")
                persons[float(second)] = int(least), int(most or least)
        return cls(persons, things)
