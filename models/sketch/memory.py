"""What was told so far, in answer to a question. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from models.engine import Turn
from models.sketch import words
from models.sketch.colours import NAMES
from models.sketch.phrases import sentence
from models.sketch.told import Told

CANNOT = "I can't tell that from the picture."
_UNSURE = ("", "; I can't tell whether it is a car", "; I can't tell whether they are cars")
_CARS = frozenset({"car", "vehicle", "train"})
_NEWS = frozenset({"come", "leave", "pass", "take", "put", "vanish", "out", "on", "cut"})
PAST = (
    "happened|miss(?:ed)?|earlier|before|so far|who (?:was|came|left|has been)|was the|"
    "(?:have|has|did).* (?:come|passed|(?<!the )left|gone by)|(?:which|how many).* (?:came|passed)"
)
_THEN = {
    "is": "was", "are": "were", "has": "had", "comes": "came", "come": "came", "goes": "went",
    "go": "went", "walks": "walked", "walk": "walked", "steps": "stepped", "leaves": "left",
    "enters": "entered", "stands": "stood", "stops": "stopped", "moves": "moved",
    "passes": "passed", "takes": "took", "turns": "turned", "heads": "headed", "lies": "lay",
    "disappears": "disappeared", "appears": "appeared", "gets": "got",
    "now": "then",
}  # fmt: skip


def remembered(history: Sequence[Turn], question: str, names: Collection[str]) -> str:
    """What was told in at most two sentences, or how many or which of them came.

    ``names`` are the COCO classes that the question names.
    """
    told = Told(history)
    sorts = {words.noun(name) for name in names}
    lines = [
        (line, of, kinds)
        for line, of, kinds in zip(told.lines, told.sorts, told.kinds, strict=True)
        if not sorts or sorts & {*of} or (sorts & _CARS and {*of} & {*NAMES, "something"})
    ]
    unsure = bool(sorts & _CARS) and any(not sorts & {*of} for _, of, _ in lines)
    if "how many" in question:
        return _counted(sum(bool(kinds & {"come", "pass"}) for *_, kinds in lines), unsure)
    if re.search("colou?r", question):
        colours = [word for line, *_ in lines for word in _words(line) if word in NAMES]
        which = "first" if "first" in question else "last"
        if not colours:
            return CANNOT
        colour = colours[0 if which == "first" else -1]
        return sentence(f"the {which} that I told of was {colour}{_UNSURE[1] * unsure}")
    news = [line for line, _, kinds in lines if kinds & _NEWS] or [line for line, *_ in lines]
    if not news:
        return "I have not told of any so far." if sorts else "I have told nothing so far."
    return f"So far: {' '.join(_past(line) for line in news[-2:])}"


def _counted(count: int, unsure: bool) -> str:
    one = ("thing" if count == 1 else "things") * unsure
    told = f"I have told of {words.number(count) if count else 'none'} {one} that came"
    return sentence(told + _UNSURE[min(count, 2)] * unsure)


def _words(line: str) -> list[str]:
    return re.findall(r"[a-z]+", line.lower())


def _past(line: str) -> str:
    """A line of commentary as of what is over."""

    def then(match: re.Match[str]) -> str:
        word = _THEN.get(match[0].lower(), match[0])
        return word.capitalize() if match[0][0].isupper() else word

    return re.sub(r"\w+", then, line)
