"""Plain words for what a setting allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

_LONGEST_SHOWN = 60


def allowed(schema: Mapping[str, Any]) -> str:
    """What a setting allows, from its JSON schema."""
    if "anyOf" in schema:
        return " or ".join(allowed(part) for part in schema["anyOf"])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return " or ".join(str(choice) for choice in schema["enum"])
    kind = schema.get("type")
    if kind == "boolean":
        return "true or false"
    if kind in ("integer", "number"):
        noun = "a whole number" if kind == "integer" else "a number"
        return f"{noun} from {schema['minimum']:.12g} to {schema['maximum']:.12g}"
    return _text(schema)


def nearest(name: str, known: Collection[str]) -> str:
    """Says that name is unknown, and which known one is meant, if any is near."""
    close = get_close_matches(name.lower(), known, n=1)
    return f"no such setting; did you mean {close[0]}?" if close else "no such setting"


def one_line(text: str) -> str:
    """Its words, without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def shown(value: object, *, secret: bool) -> str:
    """The value as it may be printed: short, on one line, no secret."""
    if secret:
        return "(hidden)"
    if isinstance(value, list | dict):
        return f"({type(value).__name__})"
    text = str(value)
    if "://" in text and ("@" in text or "?" in text):
        return "(hidden, it may hold a password)"
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def _text(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema:
        return "a name such as " + " or ".join(schema["examples"])
    limits = ["not empty"] if schema.get("minLength") else []
    limits += [f"at most {schema['maxLength']} characters"] if "maxLength" in schema else []
    return ", ".join(["text", *limits])
