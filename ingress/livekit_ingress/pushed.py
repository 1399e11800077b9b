"""A source that we read, as the relay does, and push into the service."""

from __future__ import annotations

from dataclasses import replace

from pydantic import SecretStr

from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.livekit_ingress.push_sink import PushSink
from ingress.reader.messages import FailureKind, Request
from ingress.reader.process import ReaderProcess
from ingress.report import SourceReport
from ingress.supervisor import Supervisor


class PushedSource(Supervisor):
    """Reads with all of the relay's care, and says that the service encodes it once more."""

    def report(self) -> SourceReport:
        """How it is."""
        report = super().report()
        if report.state == "live" and isinstance(self.sink, PushSink) and not self.sink.shown:
            report = replace(report, state="connecting")
        if not report.way:
            return report
        read = "as it comes" if report.way == "passthrough" else "encoded"
        why = f"pushed {read}, LiveKit Ingress encodes it anew"
        return replace(report, way="transcoded", why=why)


class _Reader:
    """Starts readers; from the first picture that RTMP does not carry on, readers that encode."""

    def __init__(self, *, may_encode: bool) -> None:
        self._may_encode = may_encode
        self._encode = False
        self._process: ReaderProcess | None = None

    async def start(self, request: Request) -> ReaderProcess:
        if self._encode:
            request = replace(request, mode="transcode")
        self._process = await ReaderProcess.start(request)
        return self._process

    def refuse(self, codec: str) -> None:
        self._encode = self._may_encode
        if self._process:
            kind: FailureKind = "ended" if self._may_encode else "codec"
            self._process.give_up(kind, f"RTMP carries H.264 only, and this is {codec}")


def pushed_source(spec: SourceSpec, settings: Settings) -> Supervisor:
    """A source that goes through an RTMP ingress."""
    reader = _Reader(may_encode=spec.mode != "passthrough")
    sink = PushSink(spec, settings, reader.refuse)
    # An ingress has one picture only.
    spec = spec.model_copy(update={"model_url": SecretStr("")})
    return PushedSource(spec, settings, sink, start_reader=reader.start)
