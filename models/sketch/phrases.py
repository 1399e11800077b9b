"""The sentences, and what a sentence that was said had told. Pure.

In ``{braces}`` stands what is filled in, in ``[brackets]`` a verb, which fits its subject ``{s}``.
Each group's name says what is told by it: "stand person" that a person stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

Subject = tuple[str, bool]
"""Who or what, and whether its verb is a plural's: ("they", True)."""

PHRASES: dict[str, tuple[str, ...]] = {
    "overview": ("the picture is {looks}", "we see a picture, {looks}"),
    "overview nobody": ("the picture is {looks}; nobody is in view",),
    "out": ("the light goes out", "it has gone dark", "and suddenly it is dark"),
    "on": ("the light is on", "it is light now", "out of the dark, there is a picture again"),
    "dark": ("it is too dark to see anything", "nothing but darkness now"),
    "dim": ("it gets {change}", "the picture gets {change}"),
    "cut": ("a new scene: {looks}", "the view has changed, it is {looks} now"),
    "pan": ("the camera turns {turn}", "the view swings {turn}", "now the camera goes {turn}"),
    "restless": ("everything in the picture is moving", "the whole picture is in motion"),
    "both": (
        "two at once: {a} goes {way}, {b} goes {other}",
        "{a} goes {way} while {b} goes {other}",
    ),
    "both same": ("two at once: {a} and {b}, both {way}", "{a} and {b} go {way} together"),
    "empty": (
        "nobody is in view now",
        "no one is left in view",
        "nobody is left",
        "now nobody is here",
        "the place lies empty",
        "all gone: nobody is in view",
    ),
    "empty thing": (
        "the picture is empty again",
        "all is clear again",
        "nothing is left in the picture",
        "the way is clear again",
    ),
    "leave nobody": (
        "{s} [is] gone, nobody is left in view",
        "{s} [has] left: nobody is in view",
        "{s} [is] off, and no one is left",
        "nobody is here now: {s} [has] gone",
    ),
    "leave person": (
        "{s} [walks] out {to}",
        "{s} [walks] off {to}",
        "{to}, {s} [walks] off",
        "{to} {s} [walks] out",
        "and off [goes] {s}, {to}",
    ),
    "leave": ("{s} [leaves] {to}", "{to}, {s} [leaves] the picture", "{s} [goes] out {to}"),
    "leave gone": (
        "{s} [has] left {to}",
        "{s} [is] gone, {to}",
        "and {s} [is] gone, {to}",
        "{s} [is] off {to}",
        "{to}, {s} [has] gone",
    ),
    "leave away": ("{s} [is] gone", "{s} [is] out of view now", "{s} [has] left"),
    "pass": ("{s} [comes] by and [goes] out {to}", "{s} [passes] and [leaves] {to}"),
    "come person": ("{s} [walks] in {side}", "{s} [steps] in {side}", "{side}, {s} [walks] in"),
    "come": ("{s} [comes] in {side}", "{side}, {s} [enters]", "here [comes] {s}, {side}"),
    "come mover": ("{s}, {side}", "{side}, {s}", "{s} [comes] {side}"),
    "come mover again": ("{s} again, {side}", "again {s}, {side}"),
    "come again": (
        "again {s} [comes] in {side}",
        "and again, {side}, {s} [enters]",
        "once more {s} [comes] in {side}",
        "{side} [comes] {s} now",
        "and in [comes] {s}, {side}",
    ),
    "come inside": (
        "{s} [comes] into the picture",
        "here [comes] {s}",
        "now {s} [comes] in",
        "{s} [comes] into view",
    ),
    "come inside again": (
        "again {s} [comes] in",
        "and again {s} [comes] into the picture",
        "once more {s} [comes] into view",
        "here [is] {s} now",
        "in [comes] {s} again",
        "now there [is] {s} again",
    ),
    "count": ("now there are {many}", "{many} are in view now", "{many} now: {places}"),
    "present many": ("{many} are in view", "there are {many}: {places}"),
    "thing": ("there [is] {s} {where}", "{where} [is] {s}", "{s} [is] {where}"),
    "present stand": (
        "{s} [stands] {where}",
        "{where} [stands] {s}",
        "there [stands] {s}, {where}",
    ),
    "present": ("{s} [is] in view, {where}", "{s} [is] there, {where}"),
    "stand now": (
        "{s} [stops] {where}",
        "now {s} [stands] {where}",
        "{where}, {s} [stops]",
        "{s} [comes] to a stop {where}",
    ),
    "stand": (
        "{where}, {s} [stands]",
        "{s} [stands] there, {where}",
        "{where} [stands] {s} now",
        "{s} [is] standing {where}",
    ),
    "little": (
        "{s} [moves] a little",
        "on the spot, {s} [moves] a little",
        "{s} [stirs] a little",
        "{s} [stirs], without leaving the spot",
        "a little motion: {s} [stirs]",
    ),
    "while": (
        "{s} [has] been there {long}",
        "{long} now, {s} [has] been there",
        "{s} [has] been in view {long}",
        "{s} [has] stood there {long}",
    ),
    "stay": (
        "{s} [stays] there",
        "{s} [keeps] the same place",
        "{s} [stays] {where}",
        "{s} [does] not leave the spot",
        "{s} [remains] {where}",
    ),
    "close": ("{s} [is] close to us", "close to us, {s} [fills] much of the picture"),
    "clothes": ("{s} [is] dressed in {colour}", "{s} [wears] {colour}"),
    "meet": ("two people stand close together", "two people are side by side"),
    "take": ("somebody takes {a}", "a person takes {a}", "there goes {a}: somebody takes it"),
    "with": ("a person carries {a}", "somebody goes by with {a}"),
    "go person": ("{s} [walks] {way}", "now {s} [walks] {way}", "{s} [goes] {way}"),
    "go": ("{s} [moves] {way}", "{s} [heads] {way}", "now {s} [moves] {way}"),
    "along": ("{s} [goes] on {way}", "{s} [is] {where} now", "on [goes] {s}, {way}"),
}
_VERBS = {"is": "are", "has": "have", "goes": "go", "passes": "pass", "does": "do"}


def said(groups: Sequence[str], subjects: Sequence[Subject], **filled: str) -> Iterator[str]:
    """All sentences of these groups, with each subject."""
    for group in groups:
        for phrase in PHRASES[group]:
            for subject, plural in subjects:
                parts = re.split(r"\[(\w+)\]", phrase)
                parts[1::2] = [_fitting(verb) if plural else verb for verb in parts[1::2]]
                yield sentence("".join(parts).format(s=subject, **filled))


def told(line: str) -> tuple[frozenset[str], dict[str, str]]:
    """What a sentence tells, and what was filled in, as read off it; nothing of a strange one."""
    for kinds, pattern in _patterns():
        match = pattern.fullmatch(line.strip())
        if match:
            return kinds, {name: text.lower() for name, text in match.groupdict().items()}
    return frozenset(), {}


def sentence(text: str) -> str:
    """With a capital and a full stop, and single spaces."""
    plain = " ".join(text.split())
    return plain[:1].upper() + plain[1:] + ("" if plain[-1:] in ".?!" else ".")


def _fitting(verb: str) -> str:
    return _VERBS.get(verb, verb.removesuffix("s"))


@cache
def _patterns() -> list[tuple[frozenset[str], re.Pattern[str]]]:
    """The phrases as patterns, those with the most words of their own first."""
    phrases = [(group, phrase) for group, many in PHRASES.items() for phrase in many]
    phrases.sort(key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[1])))
    found = []
    for group, phrase in phrases:
        pattern = re.escape(phrase).replace(r"\ ", " ")
        pattern = re.sub(r"\\\[(\w+)\\\]", lambda m: f"(?:{m[1]}|{_fitting(m[1])})", pattern)
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", pattern)
        found.append((frozenset(group.split()), re.compile(pattern + r"\.?", re.IGNORECASE)))
    return found
