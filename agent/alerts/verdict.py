"""What an engine is asked to judge a rule in plain words, and what its answer means. Pure."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass

from config.alert_rule import Rule
from config.explain import one_line

LONGEST = 200
"""Characters of a sentence that are told."""
_READ = 4000
"""Characters of an answer that are read."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_YES = _words(
    "yes yeah yep yup correct true affirmative ja jawohl jo oui si sí sì sim tak ano áno da да так "
    "evet igen kyllä joo hai はい 是 是的 对 對 有 예 네 نعم"
)
_NO = _words(
    "no nope nah false negative nein nee non nej não nao nie ne нет ні hayir nem ei iie いいえ 不 "
    "不是 没有 沒有 否 아니요 아니오 아뇨 لا"
)
_LABELS = _words(
    "answer the is my final verdict result response antwort die lautet réponse la est respuesta es "
    "risposta"
)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.I)
_THOUGHT_BEGIN = re.compile(r"<(?:think|thinking|thought|reasoning)>", re.I)
_MARKS = re.compile(r"<\|[^|>]{0,40}\|>|[*_#`>|]+")
_ECHO = re.compile(r"\W*(?:yes\s*(?:or|/)\s*no)\b", re.I)
_UNSURE = re.compile(r"\W*(?:and|or|but|maybe|perhaps|,)?\W*no\b", re.I)
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = " .,;:!?-\u2013\u2014\u3001\uff0c\u3002\uff1a)]\"'"
_SENTENCE = re.compile(r".+?[.!?\u3002\uff01\uff1f]+(?=\s|$|[^\s\d\W])|.+", re.S)


def question(rule: Rule) -> str:
    """What is asked about the newest pictures."""
    what = rule.when.replace('"', "'").replace("?", "")
    return (
        f'Answer yes or no: "{what}"? If yes, say in one short sentence what you see. Yes means '
        "that it happens just now, or is so in the newest picture. If the pictures do not show it, "
        "answer no."
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """`yes` is None where the engine does not tell; `sentence` is what it says that it sees."""

    yes: bool | None
    sentence: str = ""


def verdict(answer: str) -> Verdict:
    """Read an answer that should begin with yes or no, in any of the common languages."""
    text = _said(answer)
    if echo := _ECHO.match(text):
        text = text[echo.end() :]
    for found in _WORD.finditer(text):
        word, rest = found.group().casefold(), text[found.end() :]
        if word in _YES:
            return Verdict(None) if _UNSURE.match(rest) else Verdict(True, _sentence(rest))
        if word in _NO:
            return Verdict(False)
        if word not in _LABELS:
            break
    return Verdict(None)


def _said(answer: str) -> str:
    """The answer without what the engine thought, and without marks."""
    text = _THOUGHT_END.split(answer)[-1]
    text = text if text.strip() else answer
    if begun := _THOUGHT_BEGIN.search(text):
        text = text[: begun.start()]
    text = text.strip()[:_READ]
    bare = re.sub(r"^```\w*\s*|\s*```$", "", text)
    if bare.startswith("{"):
        with contextlib.suppress(ValueError, RecursionError, AttributeError):
            text = ". ".join(str(value) for value in json.loads(bare).values())
    return _MARKS.sub(" ", text)


def _sentence(rest: str) -> str:
    """The first sentence of what follows, on one line; "" for none."""
    found = _SENTENCE.match(one_line(rest).lstrip(_BETWEEN))
    sentence = found.group().strip(" \"'") if found else ""
    sentence = sentence if len(sentence) <= LONGEST else sentence[:LONGEST].rsplit(" ", 1)[0]
    return sentence[:1].upper() + sentence[1:] if any(map(str.isalnum, sentence)) else ""
