"""A registry for tests of the API: keeps what it is told and does nothing."""

from __future__ import annotations

from dataclasses import replace

from config.source_spec import SourceSpec
from ingress.registry import ConflictError, Registry, UnknownSourceError
from ingress.report import SourceReport


class ScriptedSources(Registry):
    """A registry whose every method is its own.

    added holds what came, with from_page. `after` is what becomes of a source once it was listed.
    """

    def __init__(self) -> None:
        self.notice = ""
        self.reports: dict[tuple[str, str], SourceReport] = {}
        self.added: list[tuple[SourceSpec, bool]] = []
        self.woken: list[tuple[str, str]] = []
        self.after: dict[str, object] = {}
        self.broken: Exception | None = None

    async def add(self, spec: SourceSpec, *, from_page: bool) -> SourceReport:
        if self.broken:
            raise self.broken
        which = (spec.name, spec.room)
        if which in self.reports:
            raise ConflictError(f"there is a source {spec.name} in room {spec.room} already")
        self.added.append((spec, from_page))
        report = SourceReport(spec.name, spec.room, spec.address.safe, spec.via)
        self.reports[which] = report
        return report

    async def remove(self, name: str, room: str = "") -> None:
        if self.reports.pop((name, room), None) is None:
            raise UnknownSourceError(f"there is no source {name} in room {room}")

    def list(self) -> list[SourceReport]:
        shown = list(self.reports.values())
        self.reports = {
            which: replace(report, **self.after)  # type: ignore[arg-type]
            for which, report in self.reports.items()
        }
        return shown

    def wake(self, name: str, room: str = "") -> None:
        if (name, room) not in self.reports:
            raise UnknownSourceError(f"there is no source {name} in room {room}")
        self.woken.append((name, room))
