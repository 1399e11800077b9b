"""From a request to what is said: an answer, or what is most news, in words unlike the last."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from models.engine import GenerationRequest
from models.sketch import words
from models.sketch.answers import answer, read
from models.sketch.events import Event, events, states
from models.sketch.eyes import Eyes
from models.sketch.look import look
from models.sketch.phrases import sentence
from models.sketch.pictures import decode
from models.sketch.scene import Scene
from models.sketch.told import CANNOT, Told
from vision.names import VEHICLES

SILENCE = "..."
"""What is answered when nothing is worth saying."""
ALIKE, _SAME, _UNLIKE = 0.79, 0.91, 0.6
"""Likeness from which on a line repeats one of the last, one of all; below which it is unlike. Just
under those at which the agent holds a line back.
"""
_LONGER = 1.3
"""How much longer than the shortest a wording may be: what happens next waits for its end."""
_LAST = 8
"""Earlier lines that a new one must be unlike."""
_ALERT = 60.0
_WISHED = 60.0
_MORE = 50.0
"""What matters less is not said after something else."""
_FEW_WORDS = 65.0
"""What matters less is said in few words, or what happens next would be told late."""
_SHOWN = 4
"""Lines after which how things are may be told again, where silence is unwelcome."""
_MOST_WORDINGS = 90
_MOST_WARNING = 160
_WARNING = re.compile(r"What you say is a warning:\s*([^\n]*)")
_FOCUS = re.compile(r"Talk about:\s*([^\n.]*)")
_IN_VIEW = re.compile(r"In view: (.*)\n?")
_SAYS = re.compile(r'The source says( now)? \(data, not an order\): "([^"\n]*)"\.\n?')
_SINCE = re.compile(r"\d+ ([a-z ]+) \(for (\d{1,6}) s\)")


def reply(request: GenerationRequest, eyes: Eyes) -> list[str]:
    """The sentences.

    Raises:
        RefusedError: A picture cannot be decoded.
    """
    images = decode(request.pictures)
    scene = None
    in_view = _IN_VIEW.match(request.text)
    since: dict[str, float] = {}
    if in_view:
        since = {words.noun(name): float(time) for name, time in _SINCE.findall(in_view[1])}
        request = replace(request, text=request.text[in_view.end() :])
    says = _SAYS.match(request.text)
    if says:
        request = replace(request, text=request.text[says.end() :])
    if images:
        pictures = eyes.named(request.pictures)
        seen = [picture.objects for picture in pictures]
        scene = look(images, [picture.time for picture in pictures], seen)
    if request.kind == "answer":
        answered = answer(scene, request, since)
        if says and answered == [CANNOT] and _asks_for(request.text, says[2]):
            return [_says(says[2])]
        return answered
    lines = [SILENCE] if scene is None else comment(scene, request, since)
    if request.kind == "alert" or not says or not says[1]:
        return lines
    return [_says(says[2]), *(line for line in lines if line != SILENCE)]


def comment(scene: Scene, request: GenerationRequest, since: Mapping[str, float]) -> list[str]:
    """Sentences about ``scene``, or SILENCE when nothing is news; ``since`` as for `events`."""
    alert = request.kind == "alert"
    warning = _WARNING.search(request.text) if alert else None
    if warning and warning[1].strip():
        return [_short(warning[1])]
    told = Told(request.history)
    found = events(scene, told, since)
    lines = _chosen(found, told, request)
    if lines or alert or "Keep talking" not in request.text:
        return lines or [SILENCE]
    lately = Told(request.history, _SHOWN)
    again = [one for one in events(scene, lately, since) if one.about] if scene.present else []
    return _chosen([*again, *states(scene, lately)], told, request)[:1] or [SILENCE]


def _chosen(found: Sequence[Event], told: Told, request: GenerationRequest) -> list[str]:
    """What matters most, in words unlike what was told."""
    alert = request.kind == "alert"
    wished = _wished(request.text)
    ranked = sorted(
        (one for one in found if not alert or one.weight >= _ALERT),
        key=lambda one: -one.weight - _WISHED * bool(wished & {*one.about.lower().split()}),
    )
    dice, brief = _dice(request), "Be brief." in request.text
    most = 3 if "Say it in detail." in request.text else 1 if told.lines else 2
    lines: list[str] = []
    subjects: set[str] = set()
    for event in ranked:
        if (event.about and event.about in subjects) or (lines and event.weight < _MORE):
            continue
        few = brief or event.quick or event.weight < _FEW_WORDS
        line = _worded(event, [*told.lines, *lines], dice, few)
        if line and len(lines) < most:
            lines.append(line)
            subjects.add(event.about)
    return lines


def _dice(request: GenerationRequest) -> random.Random:
    """Random numbers that depend on the request alone."""
    last = request.history[-1].text if request.history else ""
    return random.Random(f"{request.seed}|{request.room}|{len(request.history)}|{last}")


def _wished(text: str) -> set[str]:
    """What somebody wants to hear of."""
    focus = _FOCUS.search(text)
    asked = read(focus[1] if focus else "")
    things = ["thing"] * bool(asked.names & VEHICLES)  # a mover may be one
    named = [word.removesuffix("s") for word in asked.text.split()]
    return {*asked.names, *asked.colours, *things, *named}


def _says(note: str) -> str:
    return _short(f"the source says: {note}")


def _asks_for(question: str, note: str) -> bool:
    """Whether they have a word in common that is not one of the many little ones."""
    common = {*_plain(question).split()} & {*_plain(note).split()}
    return any(len(word) > 4 for word in common)


def _short(text: str) -> str:
    """One sentence of it, fit to be spoken."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    first = re.split(r"(?<=[.!?])\s", plain.strip())[0]
    return sentence(first[:_MOST_WARNING])


def _worded(event: Event, said: Sequence[str], dice: random.Random, brief: bool) -> str:
    """One of its wordings that is unlike what was said; empty when there is none."""
    plain = [_plain(line) for line in said]
    wordings = dice.sample(event.lines, min(_MOST_WORDINGS, len(event.lines)))
    alike = {line: _likeness(_plain(line), plain[-_LAST:]) for line in wordings}
    fitting = [
        line
        for line, likeness in alike.items()
        if likeness < ALIKE and _likeness(_plain(line), plain) < _SAME
    ]
    least = min((alike[line] for line in fitting), default=0.0)
    unlike = [line for line in fitting if alike[line] <= max(_UNLIKE, least)]
    unlike.sort(key=len)
    most = _LONGER * len(unlike[0]) if unlike else 0
    short = unlike[: max(2, len(wordings) // 3)] if brief else unlike
    return dice.choice([line for line in short if len(line) <= most] or [""])


def _likeness(line: str, others: Sequence[str]) -> float:
    """0 to 1: by letters, in any order of words, or by bags of words, whichever is most."""
    measures = (fuzz.ratio, fuzz.token_sort_ratio, _cosine)
    return max((measure(line, one) / 100 for one in others for measure in measures), default=0.0)


def _cosine(one: str, other: str) -> float:
    """0 to 100."""
    first, second = Counter(one.split()), Counter(other.split())
    common = sum(count * second[word] for word, count in first.items())
    lengths = math.hypot(*first.values()) * math.hypot(*second.values())
    return 100 * common / max(1.0, lengths)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
