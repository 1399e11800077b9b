"""Sentences from phrases.yaml, and what a sentence that was said had told. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path

import yaml

Subject = tuple[str, bool]
"""Who or what, and whether its verb is a plural's: ("they", True)."""

PHRASES: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("phrases.yaml").read_text("utf-8")
)
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_VERBS = {"is": "are", "has": "have", "goes": "go", "passes": "pass", "does": "do"}
_PRONOUNS = ("they", "it")
_SUBJECT = rf"(?:(?:an?|the|another|{'|'.join(NUMBERS[1:])}|many|some\w+|they|it)\b[^:;]*?)"
_FILLED = {
    "s": _SUBJECT,
    "n": _SUBJECT,
    "side": r"from (?:the )?\w+",
    "to": r"(?:to|towards|over|at) the \w+",
    "where": r"(?:(?:on|in|at) the [\w ]+|in view)",
    "way": r"(?:(?:to|towards) the [\w ]+|(?:up|down)wards)",
    "half": r"(?:on the left|on the right)",
}
"""What may be filled in, where it is not anything."""


def said(tags: str, subjects: Sequence[Subject], **filled: str) -> Iterator[str]:
    """The sentences, with each subject, of all groups whose words are among ``tags``."""
    for group, phrases in PHRASES.items():
        for phrase in phrases if {*group.split()} <= {*tags.split()} else ():
            for (subject, plural), spelled in product(subjects, _spelled(phrase)):
                if subject in _PRONOUNS and "{n}" in phrase:
                    continue
                verbs = r"\g<1>" if not plural else lambda match: _fitting(match[1])
                text = re.sub(r"\[(\w+)\]", verbs, spelled)
                yield sentence(text.format(s=subject, n=subject, **filled))


def told(line: str) -> tuple[frozenset[str], dict[str, str]]:
    """What a sentence tells, and what was filled in, as read off it; nothing of a strange one."""
    for kinds, pattern in _patterns():
        match = pattern.fullmatch(line)
        if match:
            filled = {name: text.lower() for name, text in match.groupdict().items()}
            return kinds, {"s" if name == "n" else name: text for name, text in filled.items()}
    return frozenset(), {}


def sentence(text: str) -> str:
    """With a capital and a full stop, single spaces and single commas."""
    plain = re.sub(r",(?=[,.:;?]|$)", "", " ".join(text.split()))
    return plain[:1].upper() + plain[1:] + ("" if plain[-1:] in ".?!" else ".")


def _fitting(verb: str) -> str:
    return _VERBS.get(verb, verb.removesuffix("s"))


@cache
def _spelled(phrase: str) -> tuple[str, ...]:
    """It with each of its alternatives: "(now|here) it is"."""
    parts = [part.split("|") for part in re.split(r"\(([^)]*)\)", phrase)]
    return tuple("".join(chosen) for chosen in product(*parts))


def _own(phrase: str) -> int:
    """Letters that are not filled in."""
    return len(re.sub(r"\{\w+\}", "", phrase))


@cache
def _patterns() -> list[tuple[frozenset[str], re.Pattern[str]]]:
    """The phrases as patterns, those with the most words of their own first."""
    phrases = [(group, phrase) for group, many in PHRASES.items() for phrase in many]
    phrases.sort(key=lambda pair: -min(map(_own, _spelled(pair[1]))))
    found = []
    for group, phrase in phrases:
        pattern = re.sub(
            r"\[(\w+)\]", lambda m: f"(?:{m[1]}|{_fitting(m[1])})", phrase.replace("(", "(?:")
        )
        pattern = re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{_FILLED.get(m[1], '.+')})", pattern)
        found.append((frozenset(group.split()), re.compile(rf"{pattern}\.", re.IGNORECASE)))
    return found
