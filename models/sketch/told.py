"""What was told so far of each sort of thing, read off the lines themselves. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from models.engine import Turn
from models.sketch import phrases, words
from models.sketch.colours import NAMES
from vision.names import COCO_NAMES

_NOUNS = {
    noun: re.compile(rf"\b(?:{noun}|{words.plural(noun)})\b")
    for noun in map(words.noun, COCO_NAMES)
} | {"person": re.compile(r"\b(?:person|people|some(?:one|body))\b")}
_MOVER = re.compile(r"\bsomething(?: large)?(?: and)?(?: (\w+))?|\bthe (\w+) one\b")
_COLOUR = re.compile(rf"\b(?:{'|'.join(NAMES)})\b")
_NAMELESS = frozenset({*NAMES, "something"})
_LATELY = 2
"""Lines after which a mover that was not seen to leave is another one."""


class Told:
    """What lines of commentary told.

    Attributes:
        lines: The sentences, oldest first.
        about: The sorts of things that the last of them is about.
        kinds: What each of them tells.
        lying: Whether something nameless was put at a place, or taken from it.
        sorts: The sorts of things that each of them names.
    """

    def __init__(self, history: Sequence[Turn]) -> None:
        self.lines = list(_commentary(history))
        self.kinds: list[frozenset[str]] = []
        self.sorts: list[list[str]] = []
        self.lying: dict[str, bool] = {}
        self._of: dict[str, set[str]] = {}
        self._there: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self.about: list[str] = []
        for line in self.lines:
            kinds, filled = phrases.told(line)
            self.kinds.append(kinds)
            if kinds & {"put", "vanish"}:
                self.lying[filled.get("where", "").removeprefix("from ")] = "put" in kinds
                self.sorts.append([])
                continue
            if "named" in kinds:  # what had no name has one now
                self._there = {k: n for k, n in self._there.items() if k not in _NAMELESS}
            if "empty" in kinds:
                self._there.clear()
            named = [sort for text in filled.values() for sort in _sorts(text)]
            self.sorts.append(named)
            self.about = named or self.about
            for sort in self.about if named or "s" in filled else []:
                self._add(sort, kinds, filled)

    def _add(self, sort: str, kinds: frozenset[str], filled: dict[str, str]) -> None:
        subject = filled.get("s", "")
        many = words.count_of((filled.get("many") or subject or " ").split(" ")[0])
        if kinds & {"come", "leave", "pass"}:
            self._of[sort] = set()
        self._last[sort] = len(self.kinds)
        known = self._of.setdefault(sort, set())
        known |= kinds | {filled.get(key, "") for key in ("way", "long", "side")}
        if sort == "person" and _COLOUR.search(f"{subject} {filled.get('colour', '')}"):
            known.add("clothes")
        before = self._there.get(sort, 0)
        if many > 1:
            self._there[sort] = many
        elif kinds & {"leave", "pass"}:
            self._there[sort] = max(0, before - 1)
        else:
            self._there[sort] = before + 1 if "another" in subject else max(1, before)

    def of(self, sort: str) -> set[str]:
        """What was told of it since it last came or left."""
        return self._of.get(sort, set())

    def there(self, sort: str) -> int:
        """How many of it are in view, as far as was told; movers, as far as was told lately."""
        old = sort in _NAMELESS and self._last.get(sort, 0) < len(self.lines) - _LATELY
        return 0 if old else self._there.get(sort, 0)

    def missed(self, sorts: Sequence[str]) -> list[str]:
        """What is in view as far as was told, and is not among ``sorts``."""
        return [sort for sort, count in self._there.items() if count and sort not in sorts]

    def they(self, lines: int) -> bool:
        """Whether one of the last lines says "they"."""
        return any(re.search(r"\bthey\b", line, re.IGNORECASE) for line in self.lines[-lines:])

    def lately(self, kind: str, lines: int = 3) -> bool:
        """Whether one of the last lines told it."""
        return any(kind in kinds for kinds in self.kinds[-lines:])


def _commentary(history: Sequence[Turn]) -> Iterator[str]:
    """Its whole sentences. The first line after a question is the answer to it."""
    asked = False
    for turn in history:
        if turn.role == "assistant":
            for line in turn.text.splitlines()[asked:]:
                for one in re.split(r"(?<=[.!?])\s+", line.strip()):
                    if re.search(r"\w.*(?<!\.\.)[.!?]$", one):
                        yield one
        asked = turn.role == "user"


def _sorts(text: str) -> list[str]:
    """The sorts of things that a part of a line names; movers go by their colour."""
    found = [noun for noun, pattern in _NOUNS.items() if pattern.search(text)]
    colours = [match[1] or match[2] for match in _MOVER.finditer(text)]
    return found + [colour if colour in NAMES else "something" for colour in colours]
