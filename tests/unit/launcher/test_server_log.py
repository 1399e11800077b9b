"""What is shown of livekit-server's log."""

from __future__ import annotations

from launcher.server_log import ServerLog

LEFT = (
    "2026-11-26T01:30:28.976Z\tWARN\tlivekit.transport\trtc/transport.go:949\terror reading data "
    'channel\t{"participant": "anna", "error": "[0x1] abort chunk, with following errors: (%s)"}'
)
CLOSED = (
    "2026-11-26T01:31:27.418Z\tERROR\tlivekit.pion.udp_mux\tv4@v4.4.0/udp_mux.go:607\t"
    "Failed to write packet: %s"
)


def shown(*lines: str) -> list[str]:
    log = ServerLog()
    return [line for line in lines if log.shows(line)]


def test_somebody_who_leaves_is_no_warning() -> None:
    left, failed = LEFT % "User Initiated Abort: Close called", LEFT % "Protocol Violation"
    assert shown(left, failed) == [failed]
    assert ServerLog(everything=True).shows(left)


def test_a_stack_goes_with_its_record() -> None:
    stack = ("github.com/pion/ice/v4.(*UDPMuxDefault).connWorker", "\t/root/udp_mux.go:607")
    closed = CLOSED % "io: read/write on closed pipe"
    failed = CLOSED % "sendto: no buffer space available"
    assert shown("starting", *stack, closed, *stack, failed, *stack) == [
        "starting",
        *stack,
        failed,
        *stack,
    ]
