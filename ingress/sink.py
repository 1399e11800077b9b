"""Where the pictures and the sound of a source go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from ingress.reader.messages import Order, Sound, Unit
from ingress.report import SourceReport


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a sink takes nothing at the moment; text is one line without secrets.

    away: the place cannot be reached, it is tried again; taken: somebody else is there under this
    name, it is tried again; removed: it was sent away and stays out until it is woken.
    """

    kind: Literal["away", "taken", "removed"]
    text: str


class Sink(Protocol):
    """Takes what a supervisor reads. Nothing here waits for the outside, `aclose` apart."""

    @property
    def trouble(self) -> Trouble | None:
        """Why nothing arrives at the moment; None while all is well."""

    @property
    def skipped(self) -> int:
        """Pictures left out so far because they came too late."""

    @property
    def sound_late(self) -> float:
        """Seconds that the sound is behind its picture, where that is too far to be mended."""

    def start(self) -> None:
        """Begin; called once, on the event loop."""

    def show(self, unit: Unit) -> None:
        """Take an encoded picture, to be shown now."""

    def show_model(self, unit: Unit) -> None:
        """Take an encoded picture of the second, small stream for the model."""

    async def play(self, sound: Sound) -> None:
        """Take sound; keeps it until its time has come, and returns at once."""

    def report(self, report: SourceReport) -> None:
        """Tell whoever looks how the source is."""

    def wishes(self) -> Order:
        """Wishes for key frames and bitrate since the last call."""

    def model_wishes(self) -> Order:
        """The same of the second stream."""

    def wake(self) -> None:
        """Try at once what is waiting, also to come back after a removal."""

    async def aclose(self) -> None:
        """Let go of everything. Idempotent."""
