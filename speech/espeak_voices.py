"""Which voices espeak-ng has, read from the data that comes with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from speech.voice import SpeechError

DEFAULT = "en-us"

# So that a client written for OpenAI's voices is not turned away.
_OPENAI = {
    "alloy": "en-us",
    "ash": "en-us+m3",
    "ballad": "en-gb",
    "cedar": "en-gb+m3",
    "coral": "en-us+f2",
    "echo": "en-us+m2",
    "marin": "en-gb+f3",
    "sage": "en-us+f4",
    "shimmer": "en-us+f3",
    "verse": "en-us+m1",
}

HELP = "'default', a language like 'en-us' or 'de', or one with a variant like 'en-gb+f3'"


def resolve(voice: str) -> str | None:
    """The name under which the library finds ``voice``, None when there is no such voice."""
    wanted = _OPENAI.get(voice.lower(), voice) or DEFAULT
    base, plus, variant = wanted.partition("+")
    file = _files().get(base.lower())
    if file is None or (plus and variant.lower() not in _variants()):
        return None
    return f"{file}+{_variants()[variant.lower()]}" if plus else file


def for_language(language: str) -> str:
    """A voice for a BCP 47 tag: that of the region, else of the language, else the default one."""
    tag = language.replace("_", "-")
    base = tag.partition("-")[0].lower()
    if base == "en" and "-" not in tag:
        return DEFAULT
    return tag if resolve(tag) else base if resolve(base) else DEFAULT


@cache
def _files() -> Mapping[str, str]:
    """Voice files by language code, name and file name, all in lower case.

    The library itself finds a voice only by some of these names, but always by its file.
    """
    data = _data()
    found: dict[str, str] = {}
    for file in sorted(path for path in (data / "lang").rglob("*") if path.is_file()):
        entries = [line.partition(" ")[::2] for line in file.read_text("utf-8").splitlines()]
        languages = [value.split()[0] for key, value in entries if key == "language"]
        names = [value.strip() for key, value in entries if key == "name"]
        spoken = [value.split()[0] for key, value in entries if key == "dictionary"]
        dictionary = (spoken or [languages[0].partition("-")[0]])[0]
        if (data / f"{dictionary}_dict").is_file():
            found[file.name.lower()] = file.name
            for alias in (*languages, *names):
                found.setdefault(alias.lower(), file.name)
    return found


@cache
def _variants() -> Mapping[str, str]:
    folder = _data() / "voices" / "!v"
    return {path.name.lower(): path.name for path in folder.iterdir() if path.is_file()}


@cache
def _data() -> Path:
    """Found without loading the package: the library in it is the program's alone."""
    found = importlib.util.find_spec("espeakng_loader")
    places = found.submodule_search_locations if found else None
    if not places:
        raise SpeechError("espeak-ng is not installed: make setup")
    return Path(places[0]) / "espeak-ng-data"
