"""What was told so far of each sort of thing, read off the lines themselves. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from models.engine import Turn
from models.sketch import phrases, words
from models.sketch.colours import NAMES
from models.sketch.phrases import sentence
from vision.names import COCO_NAMES

NAMELESS = frozenset({*NAMES, "something"})
"""By which movers go: their colour, or none."""
_NOUNS = {
    noun: re.compile(rf"\b(?:{noun}|{words.plural(noun)})\b")
    for noun in map(words.noun, COCO_NAMES)
} | {"person": re.compile(r"\b(?:person|people|some(?:one|body))\b")}
_DRESSED = re.compile(rf"\bin (?:{'|'.join(NAMES)})\b")
_MOVER = re.compile(
    r"\bsomething(?: large)?(?: and)?(?: (\w+))?|\bone more,?(?: large)?(?: and)?(?: (\w+))?|"
    r"\b(?:another|(?:the|an?)(?= (?!one)))(?: large)?(?: (\w+))?? one\b"
)
CANNOT = "I can't tell that from the picture."
_UNSURE = "; I can't tell cars from other things"
_CARS = frozenset({"car", "vehicle", "train"})
_NEWS = frozenset({"come", "leave", "pass", "take", "put", "vanish", "out", "on", "cut"})
PAST = (
    "happened|miss(?:ed)?|earlier|before|so far|who (?:was|came|left|has been)|was the|"
    "(?:have|has|did).* (?:come|passed|(?<!the )left|gone by)|(?:which|how many).* (?:came|passed)"
)
_LONGEST = 200
_LATELY = 2
"""Lines after which a mover that was not seen to leave is another one."""


class Fact(NamedTuple):
    """A sentence, what it tells, and the sorts of things that it names."""

    line: str
    kinds: frozenset[str]
    sorts: list[str]


class Told:
    """What was told; sentences that are no commentary of this engine tell nothing.

    Attributes:
        facts: Oldest first.
        about: The sorts of things that the last of them is about.
        lying: Whether something nameless was put at a place, or taken from it.
    """

    def __init__(self, history: Sequence[Turn], lines: int | None = None) -> None:
        """``lines``: how many of the last ones are remembered; None: all of them."""
        self.facts: list[Fact] = []
        self.about: list[str] = []
        self.lying: dict[str, bool] = {}
        self._of: dict[str, set[str]] = {}
        self._there: dict[str, int] = {}
        self._last: dict[str, int] = {}
        said = "\n".join(turn.text for turn in history if turn.role == "assistant")
        for line in re.split(r"(?<=[.!?])\s+|\n", said)[-lines if lines else None :]:
            kinds, filled = phrases.told(line[:_LONGEST])
            if kinds:
                self._note(line, kinds, filled)

    @property
    def lines(self) -> list[str]:
        return [fact.line for fact in self.facts]

    def _note(self, line: str, kinds: frozenset[str], filled: dict[str, str]) -> None:
        if kinds & {"put", "vanish"}:
            self.lying[filled["where"]] = "put" in kinds
            self.facts.append(Fact(line, kinds, []))
            return
        if "named" in kinds:  # what had no name has one now
            self._there = {k: n for k, n in self._there.items() if k not in NAMELESS}
        if "empty" in kinds:
            self._there.clear()
        named = [sort for text in filled.values() for sort in _sorts(text)]
        self.facts.append(Fact(line, kinds, named))
        self.about = named or self.about
        for sort in self.about if named or "s" in filled else []:
            self._add(sort, kinds, filled)

    def _add(self, sort: str, kinds: frozenset[str], filled: dict[str, str]) -> None:
        subject = filled.get("s", "")
        many = words.count_of((filled.get("many") or subject).partition(" ")[0])
        if kinds & {"come", "leave", "pass"}:
            self._of[sort] = set()
        self._last[sort] = len(self.facts)
        known = self._of.setdefault(sort, set())
        known |= kinds | {filled.get(key, "") for key in ("way", "long", "side")}
        if sort == "person" and _DRESSED.search(subject):
            known.add("clothes")
        before = self._there.get(sort, 0)
        if many > 1 or "fewer" in kinds:
            self._there[sort] = many
        elif kinds & {"leave", "pass"}:
            self._there[sort] = max(0, before - 1)
        else:
            self._there[sort] = (
                before + 1 if "another" in subject and sort not in NAMELESS else max(1, before)
            )

    def of(self, sort: str) -> set[str]:
        """What was told of it since it last came or left."""
        return self._of.get(sort, set())

    def there(self, sort: str) -> int:
        """How many of it are in view, as far as was told; movers, as far as was told lately."""
        old = sort in NAMELESS and self._last.get(sort, 0) < len(self.facts) - _LATELY
        return 0 if old else self._there.get(sort, 0)

    def missed(self, sorts: Sequence[str]) -> list[str]:
        """What is in view as far as was told, and is not among ``sorts``."""
        return [sort for sort, count in self._there.items() if count and sort not in sorts]

    @property
    def mover_came(self) -> bool:
        """Whether the last line told of a mover that came."""
        last = self.facts[-1:]
        return any(fact.kinds & {"come", "go"} and NAMELESS & {*fact.sorts} for fact in last)

    def mentioned(self, sort: str, lines: int) -> bool:
        """Whether one of the last lines was about it."""
        return self._last.get(sort, -lines) > len(self.facts) - lines

    def lately(self, kind: str, lines: int = 3) -> bool:
        """Whether one of the last lines told it."""
        return any(kind in fact.kinds for fact in self.facts[-lines:])


def _sorts(text: str) -> list[str]:
    """The sorts of things that a part of a line names; movers go by their colour."""
    found = [noun for noun, pattern in _NOUNS.items() if pattern.search(text)]
    colours = [match[match.lastindex or 0] for match in _MOVER.finditer(text)]
    return found + [colour if colour in NAMES else "something" for colour in colours]


def remembered(history: Sequence[Turn], question: str, names: Collection[str]) -> str:
    """The last two sentences with news, or how many or which of them came.

    ``names`` are the COCO classes that the question names.
    """
    sorts = {words.noun(name) for name in names}
    facts = [
        fact
        for fact in Told(history).facts
        if not sorts or sorts & {*fact.sorts} or (sorts & _CARS and NAMELESS & {*fact.sorts})
    ]
    unsure = bool(sorts & _CARS) and any(not sorts & {*fact.sorts} for fact in facts)
    if "how many" in question:
        count = sum(bool(fact.kinds & {"come", "pass"}) for fact in facts)
        told = f"I have told of {words.number(count) if count else 'none'} that came"
        return sentence(told + _UNSURE * (unsure and count > 0))
    if re.search("colou?r", question):
        said = re.findall(r"[a-z]+", " ".join(fact.line.lower() for fact in facts))
        colours = [word for word in said if word in NAMES]
        which, at = ("first", 0) if "first" in question else ("last", -1)
        told = f"the {which} that I told of was {colours[at]}{_UNSURE * unsure}" if colours else ""
        return sentence(told or CANNOT)
    news = [fact.line for fact in facts if fact.kinds & _NEWS] or [fact.line for fact in facts]
    if not news:
        return "I have not told of any so far." if sorts else "I have told nothing so far."
    return f"So far I said: {' '.join(news[-2:])}"
