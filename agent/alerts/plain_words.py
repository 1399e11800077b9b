"""Plain words, and the cheap condition that says the same; and what is said when it hits. Pure.

The reader is conservative: it takes a sentence for a condition only where the condition says all
that the sentence says. "A red car comes" is left to the engine.
"""

from __future__ import annotations

import re

from config.alert_rule import GROUPS, Condition, Rule, key
from vision.names import COCO_NAMES

_WHEN = re.compile(
    r"(?:(?:please )?(?:tell|let|alert|warn|notify) (?:me|us)(?: know)? )?(?:when(?:ever)?|if) ",
    re.I,
)
_LATER = re.compile(r" (?:please|any ?more|any longer|bitte|mehr|s'il vous plaît|por favor)$", re.I)

_PERSON = "person|people|persons|somebody|someone|anybody|anyone|human|human being"
_SAME = {
    "bike": "bicycle",
    "motorbike": "motorcycle",
    "plane": "airplane",
    "lorry": "truck",
    "television": "tv",
    "sofa": "couch",
    "ball": "sports ball",
    "mobile phone": "cell phone",
    "something": "anything",
}
_NAMES = {
    **{name: name for name in (*COCO_NAMES, *GROUPS)},
    **_SAME,
    **dict.fromkeys(_PERSON.split("|"), "person"),
}
_ARTICLE = re.compile(r"(?:a|an|the|any|some|another|a new) ")
_GONE = "(?:there is nobody(?: left)?|nobody is (?:there|here|left)|everybody (?:has left|is gone))"
_COMES = (
    "comes|come|comes in|arrives|arrive|appears|appear|enters|shows up|turns up|is there|is here|"
    "is in view|comes into view|is seen|can be seen|is in the picture|enters the picture"
)
_GOES = "leaves|leave|goes|goes away|disappears|is gone|has gone|has left|leaves the picture"
_UNITS = {"second": 1, "minute": 60, "hour": 3600}
_FOR = r"(?:for )?(?:more than |longer than |at least )?(\d{1,5}) (second|minute|hour)s?"

_APPEARS = re.compile(rf"(.+?) (?:{_COMES})")
_THERE_IS = re.compile(r"there (?:is|are) (.+)")
_LEAVES = re.compile(rf"(.+?) (?:{_GOES})")
_STAYS = re.compile(rf"(.+?) (?:stays|is there|is here|remains) {_FOR}")
_STILL = re.compile(
    rf"(?:nothing (?:moves|has moved)|(?:everything|all) is still|there is no motion) {_FOR}"
)
_IT = "it (?:is|gets|becomes|turns|goes)"
_LAMPS = r"(?:the )?lights? (?:(?:comes?|go|goes|is|are)(?: turned| switched)?)"
_SETS = {
    "motion": re.compile(
        "(?:something|anything|it) (?:moves|is moving)|there is (?:any |some )?(?:motion|movement)"
    ),
    "darkness": re.compile(rf"{_IT} dark|{_LAMPS} (?:out|off)"),
    "light": re.compile(rf"{_IT} (?:light|bright)|{_LAMPS} on"),
    "cut": re.compile("there is a cut|the (?:scene|shot) (?:cuts|changes)"),
    "source_lost": re.compile(
        "the (?:source|camera|picture|video|stream) (?:is lost|is gone)"
        "|the (?:source|camera|stream) (?:fails|goes away|goes offline|goes down)"
    ),
}

_SAID = {
    "motion": "Something moves.",
    "darkness": "It has got dark.",
    "light": "It has got light.",
    "cut": "The picture is another one.",
    "source_lost": "The source gives no picture any more.",
}


def condition(words: str) -> Condition | None:
    """The condition that says exactly this; None: an engine must judge it."""
    text = _WHEN.sub("", plain(words)).casefold()
    for kind, pattern in _SETS.items():
        if pattern.fullmatch(text):
            return Condition.model_validate({kind: True})
    if found := _STILL.fullmatch(text):
        return _timed({"still": _seconds(found[1], found[2])})
    if re.fullmatch(_GONE, text):
        return Condition(leaves="person")
    if found := _STAYS.fullmatch(text):
        name = _named(found[1])
        return _timed({"stays": name, "seconds": _seconds(found[2], found[3])}) if name else None
    for field, pattern in (("appears", _APPEARS), ("appears", _THERE_IS), ("leaves", _LEAVES)):
        if (found := pattern.fullmatch(text)) and (name := _named(found[1])):
            return Condition.model_validate({field: name})
    return None


def is_meant(one: Rule, words: str) -> bool:
    """Whether `words`, a name or what it watches for, mean this rule."""
    asked = key(plain(words))
    if asked in (key(one.name), key(one.when)):
        return True
    wanted = condition(words)
    return wanted is not None and wanted == (one.if_ or condition(one.when))


def sentence(rule: Rule) -> str:
    """What is said where neither the rule nor the engine has words of its own."""
    said = rule.if_
    if said is None:
        return f"{rule.when[:1].upper()}{rule.when[1:].rstrip(' .!?')}."
    name = "object" if said.thing == "anything" else said.thing
    one = f"{'an' if name[:1] in 'aeiou' else 'a'} {name}".capitalize()
    if said.appears:
        return f"{one} is there."
    if said.stays:
        return f"{one} has been there for {said.seconds:g} seconds."
    if said.leaves:
        who = {"person": "Nobody", "object": "Nothing"}.get(name, f"No {name}")
        return f"{who} is there any more."
    if said.still is not None:
        return f"Nothing has moved for {said.still:g} seconds."
    return _SAID[said.kind]


def plain(words: str) -> str:
    """Without what only makes an order of it."""
    text = " ".join(words.replace("\u2019", "'").split()).strip(" .!?,")
    text = re.sub(r"\bthere's\b", "there is", text)
    while (shorter := _LATER.sub("", text).rstrip(" ,")) != text:
        text = shorter
    return text


def _named(subject: str) -> str:
    """The name that a condition knows it by; "" for what it has no name for."""
    subject = _ARTICLE.sub("", subject, count=1) if _ARTICLE.match(subject) else subject
    ways = (subject, subject.removesuffix("s"), subject.removesuffix("es"))
    return next((_NAMES[way] for way in ways if way in _NAMES), "")


def _seconds(number: str, unit: str) -> int:
    return int(number) * _UNITS[unit]


def _timed(fields: dict[str, object]) -> Condition | None:
    try:
        return Condition.model_validate(fields)
    except ValueError:  # no number of seconds that it takes
        return None
