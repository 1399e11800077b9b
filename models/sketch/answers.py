"""Answers to plain questions, from what was measured and nothing else. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from models.engine import GenerationRequest
from models.sketch import words
from models.sketch.colours import NAMES
from models.sketch.objects import inside
from models.sketch.phrases import sentence
from models.sketch.scene import Scene, Thing
from models.sketch.told import CANNOT, PAST, remembered
from vision.names import ANIMALS, COCO_NAMES, VEHICLES

_ON = 0.3
"""Part of a thing's box in that of what it lies on."""
_JUDGE = "answer yes or no:"
_VERDICTS = {True: "Yes.", False: "No.", None: "I can't tell."}
_ABOUT = "I tell who and what is in view, where it is and goes, colours, light and movement."
_PERSON = r"people|persons?|humans?|some(?:one|body)|any(?:one|body)|nobody|no one|who"
_COLOUR = r"colou?rs?|wear\w*|dressed"
_HOW_MANY = "how many|count|number of"
_THING = r"anything|something|things?"
_SORTS: dict[str, frozenset[str]] = {
    **{form: frozenset({name}) for name in COCO_NAMES for form in (name, words.noun(name))},
    "vehicle": VEHICLES,
    "traffic": VEHICLES,
    "animal": ANIMALS,
    "bag": frozenset({"backpack", "handbag", "suitcase"}),
}
_DOING: dict[str, Callable[[Thing], bool]] = {
    r"leav\w+|left the|gone": lambda thing: thing.leaving,
    r"comes?|coming|enter\w*|arriv\w+|appear\w*": lambda thing: thing.new and not thing.gone,
    r"stand\w*|stays?": lambda thing: thing.stays or thing.stopped,
    r"walk\w*|mov\w+|motion": lambda thing: not thing.gone and bool(thing.heading or thing.stirs),
}
_COUNT = r"(more than|at least|exactly)? ?\b(one|two|three|four|five|six|seven|eight|nine|ten|\d)\b"
_PLACE = (
    r"\b(?:on|in|under|behind|at|inside|near) (?:the|a|my|your|that|this) "
    r"(?!left|right|middle|top|bottom|picture|view|image|scene|video|room|moment|camera)"
    rf"(?!(?:{'|'.join(NAMES)})\b)([a-z]+(?: table| plant)?)\b"
)
_PLAIN = frozenset(
    """is are was were there a an the any in on at to of do does did you see can now it view and
    picture image scene video here right currently visible in light dark bright lights out off left
    middle side wearing dressed still just be been has have""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class _Question:
    """Its words in lower case, and the COCO classes and colours that it names."""

    text: str
    names: frozenset[str]
    colours: frozenset[str]

    def has(self, pattern: str) -> bool:
        return re.search(rf"\b(?:{pattern})\b", self.text) is not None


def answer(
    scene: Scene | None, request: GenerationRequest, since: Mapping[str, float]
) -> list[str]:
    """One or two sentences in answer to the request's text.

    ``since`` is for how many seconds the sorts of things have been in view, as far as is known.
    """
    text = request.text.strip()
    if text.lower().startswith(_JUDGE):
        asked = read(text[len(_JUDGE) :].partition("?")[0])  # what follows says how to answer
        verdict = _verdict(scene, asked) if scene else None
        return [_VERDICTS[verdict]]
    question = read(text)
    if question.has("who are you|what are you|what can you|your name|how do you work|help"):
        return [_ABOUT]
    if scene is None:
        return ["I see no picture yet."]
    if question.has(PAST):
        return [remembered(request.history, question.text, question.names)]
    if question.has("how long|since when"):
        long = [f"a {sort} for {since[sort]:.0f} seconds" for sort in since if sort in _SORTS]
        return [sentence(words.listed(long)) if long else CANNOT]
    if scene.light.black:
        return ["It is too dark to see anything."]
    place = re.search(_PLACE, question.text)
    if place:
        return [sentence(_lying_on(scene, place[1]) or CANNOT)]
    for pattern, answerer in _ANSWERS:
        if question.has(pattern):
            return [sentence(answerer(scene, question) or CANNOT)]
    return [CANNOT]


def read(text: str) -> _Question:
    plain = " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'s ", " is ")))
    plain = plain.replace("gray", "grey")
    names = {name for sort in _SORTS if re.search(_form(sort), plain) for name in _SORTS[sort]}
    if re.search(rf"\b(?:{_PERSON})\b", plain):
        names.add("person")
    return _Question(plain, frozenset(names), frozenset(NAMES) & frozenset(plain.split()))


def _lying_on(scene: Scene, place: str) -> str:
    """What lies on or stands in front of a named thing, as "the table"."""
    names = read(place).names
    boxes = [one.box for one in scene.present if one.name in names]
    there = [one for one in scene.present if any(inside(one.box, box) > _ON for box in boxes)]
    found = [words.unknown(one)[0] for one in there if one.name not in ("", "person", *names)]
    return f"I see {words.listed(found)} there" if found else ""


def _form(sort: str) -> str:
    return rf"\b(?:{sort}|{words.plural(sort)})\b"


def _verdict(scene: Scene, question: _Question) -> bool | None:
    """Yes, no, or None: all words must be ones that can be measured."""
    bright = words.brightness(scene.light.level)
    if question.has("dark|lights? (?:is |are |go(?:es|ne)? )?o(?:ut|ff)"):
        return scene.light.change == "out" or bright not in ("", "bright")
    if scene.light.black or _strange(question):
        return None
    if question.has("bright"):
        return bright == "bright"
    found = _meant(scene, question)
    if found is None:
        return None
    count = re.search(_COUNT, question.text)
    if count is None:
        return bool(found) != question.has("nobody|no one|no|empty")
    asked = words.count_of(count[2])
    if count[1] == "exactly":
        return len(found) == asked
    return len(found) >= asked + (count[1] == "more than")


def _strange(question: _Question) -> bool:
    """Whether it has a word that means nothing here."""
    known = "|".join((*_DOING, *NAMES, _PERSON, _THING, _COUNT, "no|empty", *map(_form, _SORTS)))
    rest = re.sub(rf"\b(?:{known})\b", " ", question.text)
    return any(word not in _PLAIN for word in rest.split())


def _meant(scene: Scene, question: _Question) -> list[Thing] | None:
    """The things that it asks about; None where it cannot be known which these are."""
    if question.names and not scene.named:
        return None
    found = [one for one in scene.things if not question.names or one.name in question.names]
    if question.colours:
        if any(not one.colour for one in found):
            return None
        found = [one for one in found if one.colour in question.colours]
    for side in ("left", "right", "middle"):
        if question.has(f"(?:on|in|at) the {side}"):
            found = [one for one in found if side in words.place(one)]
    for pattern, does in _DOING.items():
        if question.has(pattern):
            return [one for one in found if does(one)] if scene.pictures > 1 else None
    return [one for one in found if not one.gone]


def _counted(things: Sequence[Thing]) -> str:
    """ "two people, on the left and in the middle, and a dog on the right"."""
    parts = []
    for name in dict.fromkeys(one.name for one in things):
        same = [one for one in things if one.name == name]
        one = words.unknown(same[0])[0] if len(same) == 1 else words.many(name, len(same))
        parts.append(f"{one} {words.places(same)}")
    return words.listed(parts)


def _states(things: Sequence[Thing], *, ways: bool) -> str:
    """Where they are or, with ``ways``, go: "a person walks to the left"."""
    told = []
    for one in things[:3]:
        name, stands = words.unknown(one)[0], one.name and (one.stays or one.stopped)
        if ways and one.heading:
            told.append(f"{name} {'walks' if words.is_person(one) else 'goes'} {words.way(one)}")
        else:
            stirs = ", moving a little" * (ways and one.stirs)
            told.append(f"{name} {'stands' if stands else 'is'} {words.place(one)}{stirs}")
    return words.listed(told)


def _where(scene: Scene, question: _Question) -> str:
    ways = question.has("which way|which direction|go(?:es)?|going|heading")
    if not question.names and not question.colours and not question.has("it|they"):
        return ""
    found, unsure = _meant(scene, question), ""
    if not found:  # the red ball is the red thing that moves
        found = [one for one in scene.present if one.colour in question.colours] or found
        nouns = sorted(map(words.noun, question.names))
        if nouns and found:
            unsure = f"; I can't tell whether it is {words.with_article(nouns[0])}"
    told = _states(found or [], ways=ways) + unsure
    return told or "nowhere that I can see" * (found is not None)


def _doing(scene: Scene, question: _Question) -> str:
    if scene.restless:
        return "everything in the picture moves"
    found = [one for one in scene.present if one.heading or one.stopped or (one.name and one.stays)]
    meant = [one for one in found if not question.names or one.name in question.names]
    return _states(meant, ways=True) or "nothing large moves just now" * (scene.pictures > 1)


def _described(scene: Scene, question: _Question) -> str:
    coloured = [one for one in scene.present if one.colour and one.name in question.names]
    if question.names and question.has(_COLOUR):
        return _counted(coloured)
    change = {"out": "; the light went out", "on": "; the light came on"}
    looks = f"the picture is {words.looks(scene.light.level, scene.colours)}"
    looks += change.get(scene.light.change, "")
    if scene.present:
        return f"I see {_counted(scene.present)}; {looks}"
    return looks + "; nobody is in view" * scene.named


def _are_there(scene: Scene, question: _Question) -> str:
    found = _meant(scene, question)
    if found is None or not (question.names or question.colours or question.has(_THING)):
        return ""
    yes, no = ("", "") if question.has(_HOW_MANY) else ("yes, ", "no, ")
    return f"{yes}{_counted(found)}" if found else f"{no}none that I can see"


# The first pattern that fits the question decides.
_ANSWERS: tuple[tuple[str, Callable[[Scene, _Question], str]], ...] = (
    (_HOW_MANY, _are_there),
    ("where|which way|which direction", _where),
    (_COLOUR, _described),
    (
        "bright|dark|lights?|what (?:do|can) you see|describe|what is (?:this|that|there)",
        _described,
    ),
    ("tell me|look", _described),
    ("what .*(?:mov|happen|going on|do)\\w*|doing|going on|happening", _doing),
    ("is|are|any\\w*|see|who", _are_there),
)
