"""Orders such as "tell me when the gate opens", in the languages that orders are read in. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from agent.alerts.plain_words import plain
from config.alert_rule import Rule, RuleError, key, rule

LONGEST = 200
"""Characters of what may be watched for."""


class _Language(NamedTuple):
    """How one asks for alerts and takes that back, and what is replied. `taken_back` has the words
    that make it sure that rules are meant, or nothing, and what it is about.
    """

    asked: str
    taken_back: str
    yes: str
    no_more: str
    unknown: str


_LANGUAGES = (
    _Language(
        r"(?:please |can you |could you |will you )*(?:tell|let|alert|warn|notify|inform|call) "
        r"(?:me|us)(?: know)?(?: please)? (?:when(?:ever)?|if|as soon as|once) (.+)",
        r"(?:please )?(?:(?:stop|quit) (?:telling|alerting|warning|notifying) (?:me|us)|"
        r"(?:do not|don't) (?:tell|alert|warn|notify) (?:me|us)) "
        r"(?:(when(?:ever)?|if|as soon as) |about )(.+)",
        "I will tell you when {}.",
        "I will not tell you any more: {}.",
        "There is no such rule.",
    ),
    _Language(
        r"(?:bitte )?(?:sage?|melde|gib|warne?|benachrichtige|ruf) (?:mir|uns|mich|dich)"
        r"(?: bitte)?(?: bescheid)?,? (?:wenn|sobald|falls) (.+)",
        r"(?:bitte )?(?:sage?|melde|gib|warne?|benachrichtige) (?:mir|uns|mich|dich)(?: bitte)?"
        r" nicht mehr(?: bescheid)?,? (wenn|sobald|falls) (.+)",
        "Ich sage Bescheid, wenn {}.",
        "Ich sage nicht mehr Bescheid: {}.",
        "So eine Regel gibt es nicht.",
    ),
    _Language(
        r"(?:dis|dites|préviens|prévenez|avertis|avertissez|alerte|alertez)[- ](?:moi|nous),? "
        r"(?:quand|lorsque|si|dès que) (.+)",
        r"(?:ne (?:me|nous) (?:dis|dites|préviens|prévenez|avertis) plus|"
        r"arrête[rz]? de (?:me|nous) (?:dire|prévenir|avertir)) (quand|lorsque|si|dès que) (.+)",
        "Je vous préviendrai quand {}.",
        "Je ne préviendrai plus : {}.",
        "Il n'y a pas de telle règle.",
    ),
    _Language(
        r"(?:por favor,? )?(?:dime|dinos|avísame|avisame|avísanos|avisanos|alértame),? "
        r"(?:cuando|si|en cuanto) (.+)",
        r"(?:no me (?:avises|digas|alertes)(?: más)?|deja de (?:avisarme|decirme|alertarme)) "
        r"(cuando|si|en cuanto) (.+)",
        "Avisaré cuando {}.",
        "Ya no avisaré: {}.",
        "No hay tal regla.",
    ),
)
_NOW = re.compile(r"(?!can |could |will )", re.I)
_SMALL = frozenset({"a", "an", "it's", "the", "is", "are", "there", "it", "any", "some", "for"})


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants of the rules: one more, or none that is named or worded so.

    Attributes:
        surely: Rules are meant even where none of them is worded so.
        reply: What to say once it is done; with {} for the names of the rules that ended.
        unknown: What to say where no rule is meant.
    """

    add: Rule | None = None
    stop: str = ""
    surely: bool = True
    reply: str = ""
    unknown: str = ""


def order(text: str, taken: Collection[str] = ()) -> Order | None:
    """What `text` wants of the rules; None: it is about something else.

    `taken` are names that a new rule may not have. Raises RuleError for an order that cannot be
    kept, such as one that is too long.
    """
    said = " ".join(text.replace("\u2019", "'").split()).strip(" .!?")
    if len(said) > 4 * LONGEST:
        return None
    for language in _LANGUAGES:
        if found := re.fullmatch(language.taken_back, said, re.I):
            about = plain(found[2])
            return Order(None, about, bool(found[1]), language.no_more, language.unknown)
        if found := re.fullmatch(language.asked, said, re.I):
            if text.rstrip().endswith("?") and _NOW.match(said):
                return None  # "tell me if that is a dog?" is to be answered now
            what = plain(found[1])
            return Order(_rule(what, taken), reply=language.yes.format(what))
    return None


def _rule(what: str, taken: Collection[str]) -> Rule:
    if len(what) > LONGEST:
        raise RuleError(f"what is to be watched for is longer than {LONGEST} characters")
    return rule({"name": _called(what, taken), "when": what})


def _called(what: str, taken: Collection[str]) -> str:
    """A name for what is watched for: its first words."""
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", what)
    words = [word for word in words if word.casefold() not in _SMALL]
    name = " ".join(words[:4])[:48].strip() or "rule"
    used = {key(one) for one in taken}
    numbered = (f"{name} {number}" for number in range(2, 99))
    return name if key(name) not in used else next(one for one in numbered if key(one) not in used)
