"""Answers to simple questions, from what was measured and nothing else. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.engine import GenerationRequest
from models.sketch import words
from models.sketch.colours import NAMES
from models.sketch.events import events
from models.sketch.narrator import dice_of
from models.sketch.scene import Scene, Thing

_LIMITS = (
    "I only measure motion, light and colour, so I cannot tell.",
    "That is beyond me: I only measure motion, light and colour.",
    "I cannot tell that. All I measure is motion, light and colour.",
)
_ABOUT = (
    "I am a sketch of a commentator: I measure motion, light and colour, "
    "I notice faces and people, and I tell you what I measured."
)

_Answerer = Callable[[Scene, str], str]


def answer(scene: Scene | None, request: GenerationRequest) -> list[str]:
    """One or two sentences in answer to the request's text."""
    question = " ".join(re.findall(r"[a-z']+", request.text.lower()))
    if _has(question, r"who are you|what are you|what can you|your name|how do you work"):
        return [_ABOUT]
    if scene is None:
        return ["I see no picture yet."]
    for pattern, answerer in _QUESTIONS:
        if _has(question, pattern):
            return [words.sentence(answerer(scene, question))]
    dice = dice_of(request)
    return [dice.choice(_LIMITS), words.sentence("What I see: " + _lower(_described(scene, "")))]


def _has(question: str, pattern: str) -> bool:
    return re.search(rf"\b(?:{pattern})\b", question) is not None


def _lower(text: str) -> str:
    return text if text.startswith("I ") else text[0].lower() + text[1:]


def _moving(scene: Scene) -> list[Thing]:
    return [thing for thing in scene.present if not thing.stopped]


def _asked_for(scene: Scene, question: str) -> list[Thing]:
    """The things that the question means: those of a colour it names, else all."""
    named = [name for name in NAMES if _has(question, name)]
    if _has(question, "gray"):
        named.append("grey")
    things = list(scene.things)
    if named:
        things = [thing for thing in things if set(thing.colour.split()) & set(named)]
    return things


def _blind(scene: Scene) -> str:
    """Why motion cannot be told, empty when it can."""
    if scene.light.black:
        return "it is too dark to see anything"
    if scene.pictures < 2:
        return "I have only one picture so far, so I cannot tell what moves"
    if scene.restless:
        return "everything in the picture is moving, I cannot tell things apart"
    if scene.pan:
        return f"the whole view is moving, the camera turns {words.heading(scene.pan)}"
    return ""


def _what_moves(scene: Scene, question: str) -> str:
    blind = _blind(scene)
    if blind:
        return blind
    found = [thing for thing in _moving(scene) if thing in _asked_for(scene, question)]
    if found:
        return ", and ".join(_with_way(thing) for thing in found[:3])
    gone = [thing for thing in scene.things if thing.gone]
    if gone:
        side = f" at {'the ' + gone[0].side}" if gone[0].side else ""
        return f"nothing now; {words.thing(gone[0])} has just left{side}"
    if scene.stir is not None:
        return f"only something small, {words.place(scene.stir)}"
    return "nothing moves at the moment"


def _with_way(thing: Thing) -> str:
    way = f" {words.heading(thing.heading)}" if thing.heading else ""
    return f"{words.thing(thing)} {words.place(thing.place)} moves{way}"


def _where(scene: Scene, question: str) -> str:
    if scene.light.black:
        return "it is too dark to see where anything is"
    found = [thing for thing in _asked_for(scene, question) if not thing.gone]
    if found:
        return words.listed(
            [f"{words.thing(one)} is {words.place(one.place)}" for one in found[:3]]
        )
    if _has(question, "face|faces|person|people|someone|somebody|anyone|anybody"):
        return _people(scene, question)
    patches = [patch for patch in scene.colours if _has(question, patch.colour)]
    if patches:
        middle = words.place(patches[0].place)
        return f"there is {patches[0].colour} in the picture, its middle lies {middle}"
    if scene.things:
        gone = scene.things[0]
        return f"{words.thing(gone)} was {words.place(gone.place)} and is gone"
    return "I see nothing moving, so I cannot say where"


def _colour(scene: Scene, question: str) -> str:
    if scene.light.black:
        return "it is too dark to see colours"
    moving = [thing for thing in _moving(scene) if thing.colour]
    about_all = _has(question, "picture|background|wall|floor|room|scene|everything|sky|image")
    if moving and not about_all:
        told = [f"{thing.colour} {words.place(thing.place)}" for thing in moving[:3]]
        return f"what moves is {words.listed(told)}"
    tone = words.colours(scene.colours, 3)
    return f"the picture is {tone}" if tone else "there are many colours and none stands out"


def _has_colour(scene: Scene, question: str) -> str:
    name = next(name for name in (*NAMES, "gray") if _has(question, name)).replace("gray", "grey")
    moving = [thing for thing in _moving(scene) if name in thing.colour.split()]
    if moving:
        return f"yes, {_with_way(moving[0])}"
    if scene.light.black:
        return "it is too dark to see colours"
    patches = [patch for patch in scene.colours if patch.colour == name]
    if not patches:
        return f"I see no {name} worth mentioning"
    share = max(1, round(100 * patches[0].share))
    return f"yes, about {share} percent of the picture is {name}"


def _how_many(scene: Scene, question: str) -> str:
    if _has(question, "face|faces|person|people|someone|men|women|humans"):
        return _people(scene, question)
    blind = _blind(scene)
    if blind:
        return blind
    moving = [thing for thing in _moving(scene) if thing in _asked_for(scene, question)]
    if not moving:
        return "I only count what moves, and nothing does at the moment"
    told = words.listed([words.thing(thing) for thing in moving])
    verb = "thing moves" if len(moving) == 1 else "things move"
    return f"{words.number(len(moving))} {verb}: {told}"


def _direction(scene: Scene, question: str) -> str:
    blind = _blind(scene)
    if blind:
        return blind
    asked = _asked_for(scene, question)
    going = [thing for thing in asked if thing.heading and not thing.stopped]
    present = [thing for thing in going if not thing.gone]
    if present:
        told = [f"{words.thing(one)} moves {words.heading(one.heading)}" for one in present[:3]]
        return ", and ".join(told)
    if going:
        return f"{words.thing(going[0])} went {words.heading(going[0].heading)} and is gone"
    if asked:
        return "I see it, but not that it goes anywhere"
    return "nothing that I see is going anywhere"


def _speed(scene: Scene, question: str) -> str:
    blind = _blind(scene)
    if blind:
        return blind
    going = [thing for thing in _asked_for(scene, question) if thing.heading and not thing.gone]
    if not going:
        return "nothing that I see is going anywhere"
    seconds = 1 / going[0].speed
    return f"{words.thing(going[0])} would cross the picture in about {seconds:.0f} seconds"


def _brightness(scene: Scene, _: str) -> str:
    bright = words.brightness(scene.light.level) or "neither bright nor dark"
    told = f"the picture is {bright}"
    change = {
        "out": "the light went out",
        "on": "the light came on",
        "darker": "it got darker",
        "brighter": "it got brighter",
        "": "",
    }[scene.light.change]
    return f"{told}; {change} within the last {_span(scene)}" if change else told


def _span(scene: Scene) -> str:
    seconds = max(1, round(scene.seconds))
    return "second" if seconds == 1 else f"{seconds} seconds"


def _changed(scene: Scene, _: str) -> str:
    happenings = [event for event in events(scene) if event.kind not in {"still", "dark", "face"}]
    if happenings:
        best = max(happenings, key=lambda event: event.weight)
        return best.lines[0]
    return f"in the last {_span(scene)} nothing has changed"


def _people(scene: Scene, _: str) -> str:
    people = [thing for thing in scene.present if thing.person]
    if scene.faces:
        left, top, right, bottom = scene.faces[0]
        where = words.place(((left + right) / 2, (top + bottom) / 2))
        count = len(scene.faces)
        return f"I see a face {where}" if count == 1 else f"I see {words.number(count)} faces"
    if people:
        told = [f"{words.thing(one)} {words.place(one.place)}" for one in people]
        return f"I see {words.listed(told)}"
    return "I notice no face and nobody moving, but I may well miss someone who stands still"


def _described(scene: Scene, question: str) -> str:
    bright = words.brightness(scene.light.level)
    if scene.light.black:
        return f"the picture is {bright}"
    looks = words.listed([word for word in (bright, words.colours(scene.colours)) if word])
    picture = f"the picture is {looks or 'full of colours'}"
    moving = _what_moves(scene, "") if scene.pictures > 1 else ""
    faces = f". {words.sentence(_people(scene, question))}" if scene.faces else ""
    return words.sentence(picture) + (" " + words.sentence(moving) if moving else "") + faces


_NAMES = "|".join((*NAMES, "gray"))

# The first pattern that fits the question decides.
_QUESTIONS: tuple[tuple[str, _Answerer], ...] = (
    (r"how many|count|number of", _how_many),
    (r"how (?:fast|quick|slow)|speed|fast", _speed),
    (
        r"(?:which|what) (?:way|direction)|direction|heading|going to|moving to"
        r"|where(?:'s| is| are)(?: \w+){1,4} (?:going|moving)",
        _direction,
    ),
    (r"what colou?rs?|which colou?rs?|colou?rs?", _colour),
    (r"where", _where),
    (r"how (?:bright|dark|light)|bright|dark|the lights?|is it light|brightness", _brightness),
    (r"who|anyone|anybody|someone|somebody|people|person|face|faces", _people),
    (
        r"what (?:has )?(?:just )?(?:changed?|happened)|what's new|what is new|changed?|happened"
        r"|did i miss",
        _changed,
    ),
    (rf"(?:is|are) there (?:\w+ )*(?:{_NAMES})|(?:do you )?see (?:\w+ )*(?:{_NAMES})", _has_colour),
    (r"move|moves|moving|movement|motion|going on|happening|happens", _what_moves),
    (
        r"what (?:do|can) you see|describe|what is (?:this|that|there|to be seen)|what's (?:this"
        r"|that|there)|tell me|look",
        _described,
    ),
)
