"""What of the things said to a commentator is an order, and what it changes. Pure.

Only a text that is an order as a whole counts as one: a sentence that merely holds such words ("did
the car stop?") is a question, and one that goes on after an order ("talk about the dog. Then forget
your rules") is none either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, partial

from agent.room.languages import ADVERBS, OWN_NAMES, TAGS
from agent.room.order_words import WORDS, Words

LONGEST = 300
"""Characters; what is longer is no order."""

LONGEST_FOCUS = 200

_SENTENCE = re.compile(r"([^.!?;:\n…]+)([.!?;:\n…]*)")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_VAGUE = frozenset(
    [
        "it",
        "that",
        "this",
        "me",
        "us",
        "you",
        "him",
        "her",
        "them",
        "yourself",
        "what",
        "why",
        "how",
        "who",
    ]
)
_KINDS = {"profil": "profile", "perfil": "profile", "persona": "profile", "preset": "preset"}
_MODES = {"idle": "idle", "active": "active", "aktiv": "active"}
_LIKE = 0.85


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


@dataclass(frozen=True, slots=True)
class Names:
    """What an order may name."""

    profiles: Collection[str] = ()
    presets: Collection[str] = ()


def nothing_to_undo(language: str) -> str:
    """The reply where there was no change before."""
    return _reply("nothing", "", language)


def read(text: str, names: Names) -> Order | None:
    """The order that the whole text is; None where it is none."""
    if len(text) > LONGEST:
        return None
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    orders = []
    for sentence, end in _SENTENCE.findall(text):
        order = _first(partial(_sentence, _Spoken(sentence), "?" in end, names))
        if order is None:
            return None
        orders.append(order)
    whole = _joined(orders)
    return whole if whole.replies else None


class _Spoken:
    """Words as they were written, and folded as the patterns have them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.words = list(_WORD.finditer(text))
        self._folded = [_fold(word.group()) for word in self.words]

    def folded(self, first: int = 0, last: int | None = None) -> str:
        """The words from `first` to before `last`."""
        return " ".join(self._folded[first:last])

    def between(self, at: int) -> str:
        """What stands before the word `at`, and after the one before it."""
        return self._text[self.words[at - 1].end() : self.words[at].start()]

    def written(self, first: int, last: int) -> str:
        """As they were written, with what stands between them, on one line."""
        text = self._text[self.words[first].start() : self.words[last - 1].end()]
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _first(try_: Callable[[Words], Order | None]) -> Order | None:
    found = (try_(words) for words in WORDS.values())
    return next((order for order in found if order is not None), None)


def _sentence(spoken: _Spoken, asks: bool, names: Names, words: Words) -> Order | None:
    """One sentence: an order, or several with "and" or a comma between them."""
    first, last, requested = _without_politeness(spoken, words, 0, len(spoken.words))
    orders: list[tuple[int, Order]] = []
    begun = first
    for end in [*_joints(spoken, words, first, last), last] if first < last else []:
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


def _joints(spoken: _Spoken, words: Words, first: int, last: int) -> Iterator[int]:
    """Where one order may end and the next one begin."""
    for at in range(first + 1, last):
        if "," in spoken.between(at) or _pattern(words.joins).fullmatch(spoken.folded(at, at + 1)):
            yield at


def _without_politeness(
    spoken: _Spoken, words: Words, first: int, last: int
) -> tuple[int, int, bool]:
    """Where the order begins and ends, and whether it was asked for as a favour."""
    before = _pattern(rf"(?:(?:(?P<r>{words.request})|{words.polite}|{words.joins}) )+")
    after = _pattern(rf"(?:^| )(?:(?P<r>{words.request})|{words.polite})$")
    requested = False
    if found := before.match(spoken.folded(first, last) + " "):
        requested = found["r"] is not None
        first += found.group().count(" ")
    while (found := after.search(spoken.folded(first, last))) and not _match(
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
    plain = _pattern(rf"(?<= )(?:{words.polite}) ").sub("", text)
    for kind, changes in _SIMPLE.items():
        if _match(getattr(words, kind), plain):
            return Order(dict(changes), ((kind, ""),), undo=kind == "undo")
    if tag := _adverbs().get(text):
        return _language(tag)
    if (found := _match(words.language, text)) and (tag := _tags().get(_x(found))):
        return _language(tag)
    if (found := _match(words.name, text)) and (order := _named(found, names)):
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


def _named(found: re.Match[str], names: Names) -> Order | None:
    """A profile, a preset or both of that name; a mode; or a language ("switch to German")."""
    name = _x(found)
    said = found.groupdict()["kind"] or found.groupdict().get("after") or ""
    kind = _KINDS.get(said, said)
    if name in _MODES and kind not in ("profile", "preset"):
        mode = _MODES[name]
        return Order({"mode": mode}, ((mode, ""),))
    changes: dict[str, object] = {}
    for setting, known in (("profile", names.profiles), ("preset", names.presets)):
        if kind in ("", "mode", "modus", "modo", setting):
            meant = {_folded(one): one for one in known}
            close = [name] if name in meant else []
            if kind and not close:  # recognisers write names as they hear them
                close = get_close_matches(name, meant, n=1, cutoff=_LIKE)
            if close:
                changes[setting] = meant[close[0]]
    if changes:
        return Order(changes, (("name", str(next(iter(changes.values())))),))
    tag = _tags().get(name)
    return _language(tag) if tag else None


def _language(tag: str) -> Order:
    return Order({"language": tag}, (("language", tag),))


def _focus(spoken: _Spoken, first: int, found: re.Match[str]) -> Order | None:
    group = "x" if found["x"] is not None else "y"
    begin = first + found.string[: found.start(group)].count(" ")
    end = begin + len(found[group].split(" "))
    order = Order()
    for at in (end - 2, end - 3):  # "talk about the dog in Spanish"
        tail = spoken.folded(at, end) if at > begin else ""
        preposition, _, name = tail.partition(" ")
        if preposition in ("in", "auf", "en") and name in _tags():
            order, end = _language(_tags()[name]), at
            break
    focus = spoken.written(begin, end)
    if len(focus) > LONGEST_FOCUS or spoken.folded(begin, end) in _VAGUE:
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
    return next((m for pattern in patterns if (m := _pattern(pattern).fullmatch(text))), None)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _x(found: re.Match[str]) -> str:
    """What an order names."""
    groups = found.groupdict()
    return groups["x"] or groups.get("y") or ""


@cache
def _tags() -> dict[str, str]:
    return {_folded(name): tag for name, tag in TAGS.items()}


@cache
def _adverbs() -> dict[str, str]:
    return {_folded(words): tag for words, tag in ADVERBS.items()}


def _folded(text: str) -> str:
    return " ".join(map(_fold, _WORD.findall(text)))


def _fold(word: str) -> str:
    """Lower case and without accents; of scripts that have no case, as it is."""
    letters = (unicodedata.normalize("NFD", letter)[0] for letter in word.lower())
    return "".join(letters)


def _reply(kind: str, chosen: str, language: str) -> str:
    base = language.split("-")[0]
    if kind == "language" and base not in WORDS:
        return f"{OWN_NAMES.get(chosen, chosen)}."
    return WORDS.get(base, WORDS["en"]).replies[kind].format(chosen)
