"""The tables of docs/data.md: messages, status and the settings of a room."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints

from livekit.plugins.pressbox.commentator import DropReason

from agent.alerts import alerts
from agent.hearing import push_to_talk
from agent.room import catch_up, control, note, watchers
from agent.room.line_feed import LineMessage
from agent.room.questions import rpc
from agent.room.status import STATUS, UNUSUAL, Status
from config.explain import allowed
from config.room_settings import RoomSettings
from reference.tables import table

WHY_DROPPED: Mapping[DropReason, str] = {
    "late": "it was ready too late to be true of the picture",
    "empty": "the engine had nothing to say; told of answers only",
    "repeat": "it was too like what was said lately (`repeat_threshold`)",
    "interrupted": "a question, an alert or an order came in between",
    "error": "the engine failed",
    "cancelled": "it was taken back, nobody watches any more, or the source is another one",
    "refused": "a question that is not put: too long, or too many wait",
}
_ERROR = "The worst of what is wrong, one line; empty for nothing."
_NAMES = {str: "text", float: "number", int: "whole number", bool: "true, false", NoneType: "null"}
_ATTRIBUTE = re.compile(r"^ {4}(\w[\w, ]*): ((?:.|\n {8})*)", re.MULTILINE)


def tables() -> dict[str, str]:
    """By the name that they have in the document."""
    return {
        "line": table("field | type | meaning", _line()),
        "dropped": table("dropped | why", ((f"`{one}`", WHY_DROPPED[one]) for one in _reasons())),
        "status": table("field | type | meaning", _status()),
        "rpc": table("method | takes | answers", _rpc()),
        "settings": table("setting | default | allowed | meaning", _settings()),
    }


def _reasons() -> tuple[DropReason, ...]:
    return get_args(DropReason)


def _line() -> Iterator[tuple[str, ...]]:
    meanings = _attributes(LineMessage)
    for name, kind in get_type_hints(LineMessage).items():
        yield f"`{name}`", _type(kind), meanings[name]


def _status() -> Iterator[tuple[str, ...]]:
    kinds = get_type_hints(Status) | {"error": str}
    meanings = _attributes(Status) | {"error": _ERROR}
    unusual: dict[str, Any] = dict.fromkeys(UNUSUAL, 1)
    for name in json.loads(Status(**unusual).attributes("")[STATUS]):
        yield f"`{name}`", _type(kinds[name]), meanings[name]


def _rpc() -> Iterator[tuple[str, ...]]:
    """Of each method that is told of: its handler is `_on_NAME`, whose docstring says the rest."""
    for module in (control, rpc, catch_up, alerts, note, push_to_talk, watchers):
        for one in vars(module).values():
            for name, handler in vars(one).items() if isinstance(one, type) else ():
                if name.startswith("_on_") and one.__module__ == module.__name__:
                    taken, _, answers = " ".join((handler.__doc__ or "").split()).partition(
                        ". Answers "
                    )
                    yield f"`pressbox.{name[4:]}`", taken, answers.removesuffix(".")


def _settings() -> Iterator[tuple[str, ...]]:
    for name, schema in RoomSettings.model_json_schema()["properties"].items():
        listed = schema.get("type") == "array"
        default = f"`{json.dumps(schema['default'])}`"
        yield f"`{name}`", default, "a list" if listed else allowed(schema), schema["description"]


def _attributes(kind: type) -> dict[str, str]:
    """What its docstring says of each field."""
    found = _ATTRIBUTE.findall(inspect.getdoc(kind) or "")
    return {
        name.strip(): " ".join(text.split()) for names, text in found for name in names.split(",")
    }


def _type(kind: Any) -> str:
    if get_origin(kind) is NotRequired:
        return _type(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(kind))
    return _NAMES.get(kind) or " or ".join(_type(one) for one in get_args(kind))
