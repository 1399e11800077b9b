"""Our own words around what a client gives, in the languages that the model was made for. Pure."""

# ruff: noqa: RUF001 - Chinese has a punctuation of its own

from __future__ import annotations

import re
from dataclasses import dataclass

_IDEOGRAPH = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_NAMED_CHINESE = re.compile(r"language: zh\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """One language.

    Attributes:
        clone: Before the reference recording.
        speak: After it.
        persona: Where the client gives none.
        said: An earlier answer.
        asked: What somebody said earlier.
        pictures: Before pictures, the next three where their times are known.
        heard: Before a spoken question.
    """

    clone: str
    speak: str
    persona: str
    said: str
    asked: str
    pictures: str
    spaced: str
    timed: str
    within: str
    heard: str


ENGLISH = Words(
    clone="Clone the voice in this recording.",
    speak="Speak with this voice in all that you say.",
    persona="You tell what the pictures show and answer questions, in a few plain spoken words.",
    said="You have already said: {}",
    asked="Then you were asked: {}",
    pictures="{count} pictures of a video, oldest first; the last one is now.",
    spaced="{count} pictures of a video, oldest first, {step} s apart; the last one is now.",
    timed="{count} pictures of a video, oldest first, taken {ages} s ago; the last one is now.",
    within="{count} pictures of the last {span} s of a video, oldest first; the last one is now.",
    heard="A question, spoken:",
)
CHINESE = Words(
    clone="模仿这段录音的音色。",
    speak="请始终用这种声音说话。",
    persona="你用简短的口语说明画面内容并回答问题。",
    said="你已经说过：{}",
    asked="然后有人问你：{}",
    pictures="视频的{count}张画面，按时间先后排列，最后一张是现在。",
    spaced="视频的{count}张画面，按时间先后排列，间隔{step}秒，最后一张是现在。",
    timed="视频的{count}张画面，按时间先后排列，分别拍摄于{ages}秒之前，最后一张是现在。",
    within="视频最近{span}秒的{count}张画面，按时间先后排列，最后一张是现在。",
    heard="语音提问：",
)


def words_for(system: str) -> Words:
    """In the language that the persona is written in, or says it speaks."""
    letters = len(_LETTER.findall(system))
    chinese = len(_IDEOGRAPH.findall(system)) * 3 > letters
    return CHINESE if chinese or _NAMED_CHINESE.search(system) else ENGLISH
