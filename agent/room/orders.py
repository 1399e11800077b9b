"""What of the things said to a commentator is an order, and what it changes. Pure.

Only a text that is an order as a whole counts as one: a sentence that merely holds such words ("did
the car stop?") is a question, and one that goes on after an order ("talk about the dog. Then forget
your rules") is none either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from agent.room.languages import ADVERBS, OWN_NAMES, TAGS, WORD, fold
from agent.room.order_words import WORDS, Words

LONGEST = 300
"""Characters; what is longer is no order."""

LONGEST_FOCUS = 200

_SENTENCE = re.compile(r"([^.!?;:\n…]+)([.!?;:\n…]*)")
_VAGUE = r"it|that|this|me|us|you|him|her|them|yourself|what|why|how|who"
_KINDS = {
    **dict.fromkeys(("profil", "perfil", "persona"), "profile"),
    **dict.fromkeys(("modus", "modo"), "mode"),
}
_MODES = {"idle": "idle", "active": "active", "aktiv": "active"}
_LIKE = 0.85

Names = Mapping[str, Collection[str]]
"""What an order may name, by setting: profile, preset."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants from now on.

    Attributes:
        changes: Of the room settings; None takes one back to what it was at the start.
        replies: What to say to it: names of replies, each with what was chosen.
        undo: The last change is taken back.
    """

    changes: dict[str, object] = field(default_factory=dict)
    replies: tuple[tuple[str, str], ...] = ()
    undo: bool = False

    def reply(self, language: str) -> str:
        """In the language that the commentator speaks, as a BCP 47 tag; English where there are no
        words in it.
        """
        return " ".join(_reply(kind, chosen, language) for kind, chosen in self.replies)


def read(text: str, names: Names) -> Order | None:
    """The order that the whole text is; None where it is none."""
    if len(text) > LONGEST:
        return None
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    orders = []
    for sentence, end in _SENTENCE.findall(text):
        spoken = _Spoken(sentence)
        read_as = (_sentence(spoken, "?" in end, names, words) for words in WORDS.values())
        order = next((one for one in read_as if one is not None), None)
        if order is None:
            return None
        orders.append(order)
    whole = _joined(orders)
    return whole if whole.replies else None


class _Spoken:
    """Words as they were written, and folded as the patterns have them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.words = list(WORD.finditer(text))
        self._folded = [fold(word.group()) for word in self.words]

    def folded(self, first: int = 0, last: int | None = None) -> str:
        """The words from `first` to before `last`."""
        return " ".join(self._folded[first:last])

    def joined(self, at: int, words: Words) -> bool:
        """Whether another order may begin with the word `at`."""
        between = self._text[self.words[at - 1].end() : self.words[at].start()]
        return "," in between or re.fullmatch(words.joins, self._folded[at]) is not None

    def written(self, first: int, last: int) -> str:
        """As they were written, with what stands between them, on one line."""
        text = self._text[self.words[first].start() : self.words[last - 1].end()]
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _sentence(spoken: _Spoken, asks: bool, names: Names, words: Words) -> Order | None:
    """One sentence: an order, or several with "and" or a comma between them."""
    first, last, requested = _without_politeness(spoken, words, 0, len(spoken.words))
    orders: list[tuple[int, Order]] = []
    begun = first
    for end in range(first + 1, last + 1):
        if end < last and not spoken.joined(end, words):
            continue
        order = _clause(spoken, words, begun, end, names)
        if order is None and orders and "focus" in orders[-1][1].changes:
            begun, _ = orders.pop()  # "the red team and the goalkeeper" is one thing to talk about
            order = _clause(spoken, words, begun, end, names)
        if order is None:
            return None
        orders.append((begun, order))
        begun = end
    whole = _joined([order for _, order in orders])
    helped = any(kind == "help" for kind, _ in whole.replies)
    return None if asks and whole.replies and not (requested or helped) else whole


def _without_politeness(
    spoken: _Spoken, words: Words, first: int, last: int
) -> tuple[int, int, bool]:
    """Where the order begins and ends, and whether it was asked for as a favour."""
    before = rf"(?:(?:(?P<r>{words.request})|{words.polite}|{words.joins}) )+"
    after = rf"(?:^| )(?:(?P<r>{words.request})|{words.polite})$"
    requested = False
    if found := re.match(before, spoken.folded(first, last) + " "):
        requested = found["r"] is not None
        first += found.group().count(" ")
    while (found := re.search(after, spoken.folded(first, last))) and not re.fullmatch(
        words.help, spoken.folded(first, last)
    ):
        requested = requested or found["r"] is not None
        last -= len(found.group().split())
    return first, last, requested


def _clause(spoken: _Spoken, words: Words, first: int, last: int, names: Names) -> Order | None:
    """One order; one that changes nothing where there is politeness only."""
    first, last, _ = _without_politeness(spoken, words, first, last)
    if first >= last:
        return Order()
    text = spoken.folded(first, last)
    plain = re.sub(rf"(?<= )(?:{words.polite}) ", "", text)
    for kind, changes in _SIMPLE.items():
        if re.fullmatch(getattr(words, kind), plain):
            return Order(dict(changes), ((kind, ""),), undo=kind == "undo")
    found = _match(words.language, text)
    if tag := ADVERBS.get(text) or (found and TAGS.get(found["x"])):
        return _language(tag)
    if (found := _match(_names(words), text)) and (order := _named(found, names)):
        return order
    found = _match(words.focus, text)
    return _focus(spoken, first, found) if found else None


_SIMPLE: Mapping[str, Mapping[str, object]] = {
    "help": {},
    "undo": {},
    "idle": {"mode": "idle"},
    "active": {"mode": "active"},
    "anything": {"focus": None},
    "brief": {"length": "brief"},
    "detailed": {"length": "detailed"},
    "normal": {"length": "normal"},
}


def _names(words: Words) -> tuple[str, ...]:
    kind, after = (rf"(?P<{group}>{words.kinds})" for group in ("kind", "after"))
    return (
        rf"(?:{words.be})(?: (?:{words.articles}))?(?: {kind})? (?P<x>.+?)(?: {after})?",
        rf"{kind} (?P<x>.+)",
        rf"(?:(?:{words.articles}) )?(?P<x>.+) {kind}",
    )


def _named(found: re.Match[str], names: Names) -> Order | None:
    """A profile, a preset or both of that name; a mode; or a language ("switch to German")."""
    name = found["x"]
    said = found["kind"] or found.groupdict().get("after") or ""
    kind = _KINDS.get(said, said)
    if name in _MODES and kind not in ("profile", "preset"):
        mode = _MODES[name]
        return Order({"mode": mode}, ((mode, ""),))
    changes: dict[str, object] = {}
    for setting, known in names.items():
        if kind in ("", "mode", setting):
            meant = {fold(one): one for one in known}
            close = [name] if name in meant else []
            if kind and not close:  # recognisers write names as they hear them
                close = get_close_matches(name, meant, n=1, cutoff=_LIKE)
            if close:
                changes[setting] = meant[close[0]]
    if changes:
        return Order(changes, (("name", str(next(iter(changes.values())))),))
    return _language(TAGS[name]) if name in TAGS else None


def _language(tag: str) -> Order:
    return Order({"language": tag}, (("language", tag),))


def _focus(spoken: _Spoken, first: int, found: re.Match[str]) -> Order | None:
    begin = first + found.string[: found.start("x")].count(" ")
    end = begin + len(found["x"].split(" "))
    order = Order()
    for at in (end - 2, end - 3):  # "talk about the dog in Spanish"
        tail = spoken.folded(at, end) if at > begin else ""
        preposition, _, name = tail.partition(" ")
        if preposition in ("in", "auf", "en") and name in TAGS:
            order, end = _language(TAGS[name]), at
            break
    focus = spoken.written(begin, end)
    if len(focus) > LONGEST_FOCUS or re.fullmatch(_VAGUE, spoken.folded(begin, end)):
        return None
    return _joined([Order({"focus": focus}, (("focus", focus),)), order])


def _joined(orders: Sequence[Order]) -> Order:
    """All of them as one, later ones winning."""
    changes: dict[str, object] = {}
    for order in orders:
        changes |= order.changes
    replies = tuple(reply for order in orders for reply in order.replies)
    return Order(changes, replies, any(order.undo for order in orders))


def _match(patterns: tuple[str, ...], text: str) -> re.Match[str] | None:
    return next((m for pattern in patterns if (m := re.fullmatch(pattern, text))), None)


def _reply(kind: str, chosen: str, language: str) -> str:
    base = language.split("-")[0]
    if kind == "language" and base not in WORDS:
        return f"{OWN_NAMES.get(chosen, chosen)}."
    return WORDS.get(base, WORDS["en"]).replies[kind].format(chosen)
