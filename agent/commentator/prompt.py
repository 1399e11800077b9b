"""The messages of one request, in the OpenAI chat format. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Message = dict[str, Any]

DEFAULT_PERSONA = (
    "You are a live commentator. You see a few pictures of a video in time order; the last one is "
    "now. Say what happens as a person at the scene would, in one short spoken sentence. Say only "
    "what the pictures show, and nothing that you said before. If nothing is worth saying, "
    "answer with ..."
)
SPOKEN_QUESTION = "Answer the question that you hear."
COMMENTARY = "Say in one short sentence what happens now."
FIRST_LOOK = "These are the first pictures: say what is to be seen."
LITTLE_CHANGE = "Little has changed since your last line."
MUCH_CHANGE = "Much has changed since your last line."


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said earlier: by the commentator (``assistant``) or by somebody in the room."""

    role: Literal["user", "assistant"]
    text: str


def commentary_instruction(change: float | None, threshold: float) -> str:
    """What the engine is asked for one line of commentary.

    ``change`` is the mean absolute grey difference (0..255) to the last line's picture, None when
    there is no such picture; from ``threshold`` on it counts as much.
    """
    if change is None:
        return f"{FIRST_LOOK} {COMMENTARY}"
    return f"{MUCH_CHANGE if change >= threshold else LITTLE_CHANGE} {COMMENTARY}"


def system_text(persona: str, language: str, instructions: str = "") -> str:
    """Persona (the default one when empty), extra instructions and the language to speak."""
    parts = [persona.strip() or DEFAULT_PERSONA, instructions.strip()]
    if language and language.split("-")[0].lower() != "en":
        parts.append(f"Speak this language: {language}.")
    return "\n".join(part for part in parts if part)


def build_messages(
    *, system: str, history: Sequence[Turn], jpegs: Sequence[bytes], text: str, wav: bytes = b""
) -> list[Message]:
    """System message, earlier turns, then one user message: pictures in time order, a spoken
    question (a WAV file; empty: none), then text.

    Neighbouring turns of one role are joined, since many chat templates want roles to alternate.
    """
    pictures = [{"type": "image_url", "image_url": {"url": _data_uri(jpeg)}} for jpeg in jpegs]
    content = [*pictures, *_spoken(wav), {"type": "text", "text": text}]
    question = {"role": "user", "content": content}
    return [{"role": "system", "content": system}, *_joined(history), question]


def _joined(history: Sequence[Turn]) -> list[Message]:
    messages: list[Message] = []
    for turn in history:
        if messages and messages[-1]["role"] == turn.role:
            messages[-1]["content"] += f"\n{turn.text}"
        else:
            messages.append({"role": turn.role, "content": turn.text})
    return messages


def _spoken(wav: bytes) -> list[Message]:
    if not wav:
        return []
    data = base64.b64encode(wav).decode("ascii")
    return [{"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}]


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
