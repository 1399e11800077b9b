"""Where sentences and clauses of a text end. Pure."""

from __future__ import annotations

import re

# A mark, what closes behind it, and white space: without that it may be "3.5" or "and so on..".
SENTENCE_END = re.compile(r"[.!?…]+[\"'’”»)\]]*(?=\s)|[。！？]+[」』”]*|\n")  # noqa: RUF001
CLAUSE_END = re.compile(r"[,;:](?=\s)|\s[-–—](?=\s)|[，；、：]")  # noqa: RUF001
_NO_END = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|vs|etc|approx|e\.g|i\.e|z\.B|u\.a|ca|bzw)"
    r"|\d)\.$"
)
_CLOSING = re.compile(r"[\s,;:–—，；、：-]+$")  # noqa: RUF001


def ends_sentence(text: str, mark: re.Match[str]) -> bool:
    """Whether this match of SENTENCE_END in ``text`` is one, and no abbreviation or number."""
    return mark.group() == "\n" or not _NO_END.search(text[: mark.end()])


def whole_clauses(text: str) -> str:
    """Of a text that was cut off, what comes before its last, broken clause, "" for nothing. What
    ended in a clause is closed like a sentence.
    """
    padded = text.rstrip() + " "
    sentences = [m.end() for m in SENTENCE_END.finditer(padded) if ends_sentence(padded, m)]
    clauses = [m.start() for m in CLAUSE_END.finditer(padded)]
    sentence, clause = max(sentences, default=0), max(clauses, default=0)
    if sentence >= clause:
        return padded[:sentence]
    return _CLOSING.sub("", padded[:clause]) + "."
