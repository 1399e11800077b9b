"""The words of an answer without what is only for screens: Markdown, links, HTML, formulas, emoji
and control characters, which are neither to be read aloud nor to be seen raw. Pure.
"""

from __future__ import annotations

import html
import re
import unicodedata

MOST = 4000
"""Characters that are read of a text; nobody would listen to more."""
LONGEST = 300
"""Characters within which a link, tag or formula must end; beyond that it is taken for text."""

_HOST = r"(?:https?://|www\.)(?:[^\s/@<>()]*@)?([^\s/?#:<>()\[\]]*[^\W_])"
_FORMULA = re.compile(
    r"\$\$(.+?)\$\$|\\\((.+?)\\\)|\\\[(.+?)\\\]|\$(?=[^$\n]*[\\^_={}])(\S[^$\n]*?)(?<=\S)\$(?!\d)",
    re.DOTALL,
)
_MARKUP = (
    (re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE), " "),
    (re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)"), r"\1"),
    (re.compile(rf"<?\b{_HOST}(?:[:/?#](?:[^\s<>()]*[^\s<>().,;:!?'\"\]])?)?>?", re.I), r"\1"),
    (re.compile(r"</?[a-z!|][^<>\n]*>", re.IGNORECASE), " "),
    # a line that is a rule or a fence; what stands at the beginning of a line; a table's cells
    (re.compile(r"^[ \t]*(?:[-*_=|:][-*_=|: \t]{2,}|(?:`{3,}|~{3,})[^\n]*)$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:(?:#{1,6}|>+|[-+*\u2022])[ \t]+|\|)+", re.MULTILINE), ""),
    (re.compile(r"[ \t]*\|[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"[ \t]+\|[ \t]+"), ", "),
    (re.compile(r"\*{2,}|_{2,}|~{2,}|`+|(?<![^\W_])[*_](?=\S)|(?<=\S)[*_](?![^\W_])"), ""),
    (re.compile(r"(?<!\w)#(?=[^\W\d])"), ""),
)
_TEX = (
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"\1/\2"),
    (re.compile(r"\\(?:times|cdot)\b"), "×"),  # noqa: RUF001
    (re.compile(r"\\sqrt\b"), "√"),
    (re.compile(r"\^\s*(?:\\circ\b|\{\s*\\circ\s*\})|\\degree\b"), "°"),
    (re.compile(r"\^(?:2(?!\d)|\{2\})"), "²"),
    (re.compile(r"\^(?:3(?!\d)|\{3\})"), "³"),
    (re.compile(r"\\(?:text|mathrm|mathbf|left|right|quad)\b|\\[,;:! ]"), ""),
    (re.compile(r"[{}^_\\]+"), " "),
)
_EMOJI = re.compile(
    "(?:[0-9#*]\ufe0f?\u20e3|[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a\u231b"
    "\u23e9-\u23fa\u25aa-\u25fe][\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\u200d\U000e0020-\U000e007f]*)+"
)
_LINE_END = re.compile(r"(?<=[^\W_])[ \t]*\n\s*(?=\S)|(?<=[\"')\]])[ \t]*\n\s*(?=\S)")
_JOINERS = "\u200c\u200d"
"""Letters of Persian and of India's languages need them."""

_CONSTRUCT = re.compile(
    r"!?\[[^\[\]\n]*(?:\](?:\([^()\n]*(?:\)\S*)?)?)?|<(?:!--|script|style)(?:(?!>\S*\s).)*"
    r"|<(?=[a-z!/|]|\Z)[^<>\n]*(?:>\S*)?|\$\$(?:(?!\$\$).)*(?:\$\$\S*)?"
    r"|\\(?:[(\[]|\Z)(?:(?!\\[)\]]).)*(?:\\[)\]]\S*)?|\$(?![\d\s])[^$\n]*(?:\$\S*)?",
    re.DOTALL | re.IGNORECASE,
)
"""A link, tag or formula, up to the end of the word in which it ends, or open: then it may go on in
the next piece of the text.
"""
_LAST_WORD = re.compile(
    r"(?:^|(?<=\s)|(?<=[\u3001-\u30ff\u3400-\u9fff\uff01-\uff5e]))(?:(?=\S*[*_`~<\[|$\\&#>=+\u2022-])"
    r"|(?=h(?:t(?:t(?:ps?)?)?)?\Z|w{1,3}\Z|https?:|www\.)|(?=\S*[\d\u231a-\U0001faff]\Z))\S*\Z",
    re.IGNORECASE,
)
"""The word at the end, where the next letter may show that it is markup, an address or an emoji."""


def plain(text: str) -> str:
    """The text as it is to be said and shown, on one line. A link is its words, an address its
    host; a line's end is a sentence's.
    """
    text = _FORMULA.sub(_said, text)
    for pattern, instead in _MARKUP:
        text = pattern.sub(instead, text)
    text = _EMOJI.sub(" ", html.unescape(text))
    text = _LINE_END.sub(". ", text.strip())
    return " ".join("".join(map(_printable, text)).split())


class PlainText:
    """The same for a text that comes in pieces: what was returned stays as it is."""

    def __init__(self) -> None:
        self._text = ""
        self._given = ""

    def feed(self, text: str) -> str:
        """More of it, of any length; returns what that adds to what is to be said."""
        self._text = (self._text + text)[:MOST]
        end = len(self._text)
        for construct in _CONSTRUCT.finditer(self._text):
            if construct.end() == end and end - construct.start() <= LONGEST:
                end = construct.start()
                break
        settled = self._text[:end]
        now = plain(_LAST_WORD.sub("", settled))
        return self._add(now) if now.startswith(self._given) else ""

    def end(self) -> str:
        """The text is over; returns what is left to say."""
        return self._add(plain(self._text))

    def _add(self, now: str) -> str:
        added, self._given = now[len(self._given) :], now
        return added


def _said(formula: re.Match[str]) -> str:
    text = next(group for group in formula.groups() if group is not None)
    for pattern, instead in _TEX:
        text = pattern.sub(instead, text)
    return re.sub(r"(?<=[A-Za-z0-9]) (?=[)\],.])", "", text)


def _printable(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cf":
        return letter if letter in _JOINERS else ""
    return " " if category.startswith(("C", "Z")) else letter
