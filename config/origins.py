"""Where settings come from: pressbox.yaml, .env, the environment, the command line."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from dotenv import dotenv_values
from dotenv.parser import parse_stream

from config.errors import Problem, SettingsError

PREFIX = "PRESSBOX_"

# Everyday words that other programs put into the environment; there they need the prefix.
PREFIX_ONLY = frozenset(
    {
        "delay",
        "language",
        "listen",
        "mode",
        "preset",
        "profile",
        "prompt",
        "source",
        "stt",
        "tts",
        "voice",
    }
)

KEY_FILE = "livekit.env"


@dataclass(frozen=True, slots=True)
class Found:
    """A value, the name it had where it was found, and where that was."""

    value: object
    key: str
    origin: str


def gather(
    names: Collection[str],
    cli: Mapping[str, object],
    env: Mapping[str, str] | None,
    directory: Path,
) -> dict[str, Found]:
    """All values that are set, by field name, the strongest source winning."""
    found = _from_yaml(directory / "pressbox.yaml")
    found |= _from_variables(names, _read_dotenv(directory / ".env"), ".env", frozenset())
    found |= _from_variables(names, os.environ if env is None else env, "environment", PREFIX_ONLY)
    found |= {name: Found(value, name.upper(), "command line") for name, value in cli.items()}
    return found


def installation_key(state_dir: Path, url: str = "") -> tuple[str, str] | None:
    """API key and secret that the launcher made for its own server; None where there are none, or
    where they are for a server at another `url`.
    """
    try:
        values = dotenv_values(state_dir / KEY_FILE, interpolate=False)
    except (OSError, UnicodeDecodeError):
        return None
    if url and values.get("LIVEKIT_URL") != url:
        return None
    key, secret = values.get("LIVEKIT_API_KEY"), values.get("LIVEKIT_API_SECRET")
    return (key, secret) if key and secret else None


def _from_yaml(path: Path) -> dict[str, Found]:
    text = _text(path)
    try:
        values = yaml.safe_load(text) if text else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1} is not" if mark else "it is not"
        raise SettingsError([Problem(path.name, "", f"{line} valid YAML")]) from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError([Problem(path.name, "", "it holds lines such as capture_fps: 2")])
    named = {str(key): value for key, value in values.items() if value is not None}
    return {key.lower(): Found(value, key, path.name) for key, value in named.items()}


def _read_dotenv(path: Path) -> dict[str, str]:
    text = _text(path)
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            line = f"line {binding.original.line} is not NAME=value"
            raise SettingsError([Problem(path.name, "", line)])
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {key: value for key, value in values.items() if value is not None}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError([Problem(path.name, "", f"it must be readable: {reason}")]) from None


def _from_variables(
    names: Collection[str], values: Mapping[str, str], origin: str, prefixed: Collection[str]
) -> dict[str, Found]:
    found = {}
    for name in names:
        plain = [] if name in prefixed else [name.upper()]
        for key in [PREFIX + name.upper(), *plain]:
            if values.get(key):
                found[name] = Found(values[key], key, origin)
                break
    return found
