"""What the lines of a commentator claim is in view, held against labels made by eye."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.bench.labels import Labels
from vision.names import COCO_NAMES

_NOBODY = re.compile(r"\b(nobody|no one|no person)\b")
_NOBODY_LEFT = re.compile(r"\b(nobody|no one) is left\b")
_GONE = re.compile(r"\b((has|have|is|are) (left|gone)|leaves?|left (?:to|at|over|by) )")
_SOMEBODY = re.compile(
    r"\b(person|persons|people|somebody|someone|another|they|them|he|she|man|woman|both|"
    r"the one|two|three)\b"
)
_OTHERS = re.compile(
    "|".join(rf"\b{name.rsplit(' ', 1)[-1]}(?:s|es)?\b" for name in COCO_NAMES if name != "person")
)
_AGO = 5.0
"""Seconds for which who has left may be told of."""
_SAID = 2.0
"""Seconds that a commentator has to say what is there."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one line says of the picture.

    Attributes:
        there: Whether somebody is in view; None: it says nothing of it.
        left: Whether somebody was until lately.
        others: Other things of COCO's that it names, by the last word of the name.
    """

    there: bool | None
    left: bool
    others: tuple[str, ...]

    @classmethod
    def of(cls, line: str) -> Claim:
        text = _NOBODY_LEFT.sub("nobody", line.lower())
        somebody, nobody = bool(_SOMEBODY.search(text)), bool(_NOBODY.search(text))
        left = somebody and bool(_GONE.search(text))
        there = False if nobody or left else True if somebody else None
        return cls(there, left, tuple(found.group() for found in _OTHERS.finditer(text)))

    @property
    def names(self) -> bool:
        """Whether it names anything at all."""
        return self.there is not None or bool(self.others)


@dataclass(slots=True)
class Told:
    """Lines held against labels."""

    named: int = 0
    true: int = 0
    there: int = 0
    found: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        precision = self.true / self.named if self.named else 1.0
        recall = self.found / self.there if self.there else 1.0
        return (
            f"precision {precision:.3f} of {self.named} lines, recall {recall:.3f} of {self.there}"
        )


def hold(lines: Sequence[tuple[float, str]], labels: Labels) -> Told:
    """Lines come with the time of their newest picture.

    A line is true when all that it claims was so when that picture was taken. A person in view at
    a labelled second is found when the last line until then, or one in the next two seconds, says
    that somebody is there.
    """
    told = Told()
    claims = [(at, Claim.of(line)) for at, line in lines]
    for (at, claim), (_, line) in zip(claims, lines, strict=True):
        if claim.names:
            told.named += 1
            told.true += (true := _true(at, claim, labels))
            told.wrong += [] if true else [f"{at:g} s: {line}"]
    for second, (least, _) in labels.persons.items():
        if not least:
            continue
        told.there += 1
        known = [claim.there for at, claim in claims if at <= second and claim.there is not None]
        soon = [claim.there for at, claim in claims if second < at <= second + _SAID]
        found = (bool(known) and bool(known[-1])) or True in soon
        told.found += found
        told.wrong += [] if found else [f"{second:g} s: a person whom no line tells of"]
    return told


def _true(at: float, claim: Claim, labels: Labels) -> bool:
    """What the labels before and after the line's picture say both may be so between them."""
    before = max((second for second in labels.persons if second <= at), default=None)
    after = min((second for second in labels.persons if second >= at), default=None)
    near = [labels.persons[second] for second in (before, after) if second is not None]
    lately = [number for second, number in labels.persons.items() if -1 <= at - second <= _AGO]
    if claim.there and not any(most for _, most in near):
        return False
    if claim.there is False and all(least for least, _ in near):
        return False
    if claim.left and not any(most for _, most in lately):
        return False
    allowed = {name.rsplit(" ", 1)[-1] for name in labels.things}
    return all(_known(word, allowed) for word in claim.others)


def _known(word: str, names: Iterable[str]) -> bool:
    return any(word in (name, f"{name}s", f"{name}es") for name in names)
