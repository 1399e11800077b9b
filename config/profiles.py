"""Profiles (personas) and presets (sets of pacing numbers): those that come with Pressbox, and
those of one's own in the folder PROFILE_DIR, which stand before shipped ones of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.errors import Problem, SettingsError
from config.fields import Language, Listen
from config.pacing import Length, Pacing
from config.profile_files import Signature, read_each, read_entries, signature

_HERE = Path(__file__).parent
_PRESETS = "presets.yaml"

LONGEST_PROMPT = 8000
"""Characters of a system prompt."""

Question = Annotated[str, Field(pattern=r"^\S.*$", max_length=60)]


class Profile(BaseModel):
    """A persona: who speaks, in which voice and language, by which rules; and where nobody has set
    anything else, at which pace and how it listens. `questions`: what one may ask it, for a page.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str = Field(max_length=200)
    prompt: str = Field(min_length=1)
    rules: tuple[str, ...] = ()
    voice: str = Field(default="", max_length=64)
    language: Language = "en"
    preset: str = "default"
    listen: Listen = "push"
    length: Length | None = None
    questions: Annotated[tuple[Question, ...], Field(max_length=6)] = ()

    @property
    def instructions(self) -> str:
        """The whole system prompt: the persona, then its rules, one a line."""
        return "\n".join([self.prompt.strip(), *(f"- {rule}" for rule in self.rules)])

    @model_validator(mode="after")
    def _not_too_long(self) -> Profile:
        if len(self.instructions) > LONGEST_PROMPT:
            raise ValueError(f"prompt and rules have at most {LONGEST_PROMPT} characters")
        return self


class Preset(Pacing):
    """A set of pacing numbers; names, ranges and units are those of the settings."""

    about: Annotated[str, Field(max_length=200)]

    def numbers(self) -> dict[str, object]:
        """The numbers that this preset sets, by name of the setting."""
        return self.model_dump(exclude={"about"}, exclude_unset=True)


@dataclass(frozen=True)
class _Library:
    profiles: dict[str, Profile] = field(default_factory=dict)
    presets: dict[str, Preset] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def _read(folder: Path, before: _Library) -> _Library:
    """What is in the folder, on top of `before`."""
    problems: list[str] = []
    presets = before.presets | read_entries(folder / _PRESETS, Preset, problems)
    profiles = read_each(folder, Profile, problems, but=_PRESETS)
    for name in [name for name, one in profiles.items() if one.preset not in presets]:
        known = ", ".join(presets)
        problems.append(f"{name}.yaml: preset {profiles.pop(name).preset!r} is none of {known}")
    profiles = before.profiles | profiles
    return _Library(dict(sorted(profiles.items())), presets, tuple(problems))


class _Shelf:
    """The library of this process: settings of all rooms are checked against it."""

    def __init__(self) -> None:
        presets = _read(_HERE, _Library()).presets
        self.shipped = _read(_HERE / "profiles", _Library(presets=presets))
        self.library = self.shipped
        self.folder: Path | None = None
        self.seen: Signature = ()


_shelf = _Shelf()


def use(folder: Path | None) -> None:
    """Look for profiles of one's own there from now on; None: nowhere. Blocks for milliseconds."""
    _shelf.folder, _shelf.library, _shelf.seen = folder, _shelf.shipped, ()
    refresh()


def refresh() -> bool:
    """Read the folder anew if something in it has changed; whether it has. Blocks for milliseconds
    and may be called in a thread.
    """
    now = signature(_shelf.folder) if _shelf.folder else ()
    if now == _shelf.seen:
        return False
    _shelf.library = _read(_shelf.folder, _shelf.shipped) if _shelf.folder else _shelf.shipped
    _shelf.seen = now  # last: another thread must not take a folder that is being read for read
    return True


def problems() -> tuple[str, ...]:
    """What in that folder is left out, and why: one line each."""
    return _shelf.library.problems


def profile_names() -> tuple[str, ...]:
    """Names of the known profiles, sorted."""
    return tuple(_shelf.library.profiles)


def load_profile(name: str) -> Profile:
    """The profile of that name. Raises SettingsError that names the known ones."""
    try:
        return _shelf.library.profiles[name]
    except KeyError:
        known = "one of " + ", ".join(profile_names())
        raise SettingsError([Problem("profile", name, known)]) from None


def load_profiles() -> dict[str, Profile]:
    """All profiles by name."""
    return _shelf.library.profiles


def load_presets() -> dict[str, Preset]:
    """All presets by name."""
    return _shelf.library.presets
