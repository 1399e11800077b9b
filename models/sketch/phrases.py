"""Sentences from phrases.yaml, and what a sentence that was said had told. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml

Subject = tuple[str, bool]
"""Who or what, and whether its verb is a plural's: ("they", True)."""

PHRASES: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("phrases.yaml").read_text("utf-8")
)
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
            return kinds, {
                name: text.lower().rstrip(".") for name, text in match.groupdict().items()
            }
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
