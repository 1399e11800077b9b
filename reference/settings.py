"""The tables of docs/settings.md: every setting, by the part of the program that it is for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from config.explain import allowed
from config.origins import PREFIX, PREFIX_ONLY
from config.settings import Settings, load_settings
from reference.tables import table

_HEAD = "setting | default | allowed | meaning"
_STATE_DIR = "~/.local/state/pressbox"


def tables() -> dict[str, str]:
    """By the name of the class that has them: `AccessSettings` is the table `settings-access`."""
    schema: dict[str, Any] = Settings.model_json_schema()["properties"]
    defaults = _defaults()
    parts: list[type[BaseModel]] = [Settings]
    parts += [one for one in Settings.__bases__ if issubclass(one, BaseModel)]
    return {_name(one): table(_HEAD, _rows(one, schema, defaults)) for one in parts}


def _name(part: type[BaseModel]) -> str:
    return f"settings-{part.__name__.removesuffix('Settings').lower() or 'own'}"


def _rows(
    part: type[BaseModel], schema: dict[str, Any], defaults: dict[str, str]
) -> Iterator[tuple[str, ...]]:
    inherited = {name for base in part.__bases__ for name in getattr(base, "model_fields", ())}
    for name, field in part.model_fields.items():
        if part is Settings and name in inherited:
            continue
        key = f"{PREFIX if name in PREFIX_ONLY else ''}{name.upper()}"
        yield f"`{key}`", defaults[name], _allowed(field, schema[name]), field.description or ""


def _defaults() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        given = {"state_dir": folder}
        settings = load_settings(cli=given, env={}, directory=Path(folder))
    found = {name: _shown(value) for name, value in settings}
    shown = {name: text.replace(folder, "STATE_DIR") for name, text in found.items()}
    return shown | {"state_dir": f"`{_STATE_DIR}`"}


def _shown(value: object) -> str:
    if isinstance(value, SecretStr) or value in ("", (), {}):
        return ""
    if isinstance(value, bool):
        return f"`{value}`".lower()
    return f"`{','.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _allowed(field: FieldInfo, schema: dict[str, Any]) -> str:
    said = {"array": "a list", "object": "a JSON object"}.get(schema.get("type", ""))
    for one in field.metadata:
        if isinstance(one, BeforeValidator):
            said = _refusal(one)
    closed = ", not on a command line" if field.annotation is SecretStr else ""
    return (said or allowed(schema)) + closed


def _refusal(validator: BeforeValidator) -> str:
    """What it says to what nobody would give: that tells what is right."""
    try:
        validator.func("?")  # type: ignore[call-arg]
    except ValueError as error:
        return str(error)
    return ""
