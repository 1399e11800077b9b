"""What is raised when a setting is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting.

    key is the name as people write it where it came from, value is already safe to print, allowed
    says what would be right, origin says where the value was found ("" when that is plain).
    """

    key: str
    value: str
    allowed: str
    origin: str = ""

    def __str__(self) -> str:
        where = f" (from {self.origin})" if self.origin else ""
        said = f"{self.key}={self.value}" if self.value else self.key
        return f"{said} is not allowed: {self.allowed}{where}"


class SettingsError(ValueError):
    """One or more settings are wrong. `str()` is one line; `problems` has one entry a key."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    @property
    def key(self) -> str:
        """The name of the first wrong setting."""
        return self.problems[0].key

    @property
    def value(self) -> str:
        """Its value, as text that is safe to print."""
        return self.problems[0].value

    @property
    def allowed(self) -> str:
        """What would have been right."""
        return self.problems[0].allowed
