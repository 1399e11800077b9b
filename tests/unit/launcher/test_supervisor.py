"""Children that die at start, die later, ignore signals, and leave children of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from launcher.child import Child
from launcher.errors import LaunchError
from launcher.supervisor import Backoff, Supervisor
from tests.support.until import until
from tests.unit.launcher.scripted import PARENT, SLEEP, STUBBORN, Recorder, running, script


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest_asyncio.fixture
async def supervisor(recorder: Recorder) -> AsyncIterator[Supervisor]:
    made = Supervisor(recorder.log)
    yield made
    await made.aclose()


async def test_a_child_that_dies_at_its_start(supervisor: Supervisor) -> None:
    code = "import sys; print('no weights found', file=sys.stderr); sys.exit(3)"
    with pytest.raises(LaunchError) as caught:
        await supervisor.start(script("engine", code, ready_line="up"))
    assert str(caught.value) == "engine ended with status 3 at its start: no weights found"


async def test_a_child_that_never_gets_ready(supervisor: Supervisor) -> None:
    spec = script("engine", SLEEP, ready_line="never said", limit=0.5)
    with pytest.raises(LaunchError, match=r"^engine was not ready within 0\.5 s$"):
        await supervisor.start(spec)
    pid = supervisor.pid("engine")
    await supervisor.aclose()
    assert not running(pid)


async def test_a_child_that_dies_later_is_started_again(recorder: Recorder) -> None:
    exits: list[str] = []
    supervisor = Supervisor(recorder.log, exits.append)
    await supervisor.start(script("agent", SLEEP, ready_line="up"))
    first = supervisor.pid("agent")
    os.kill(first, signal.SIGKILL)
    await until(lambda: recorder.lines.count("agent    | up") == 2)
    second = supervisor.pid("agent")
    assert second != first
    assert exits == ["agent"]
    assert "run      | agent was ended by SIGKILL; started again in 0.5 s" in recorder.lines
    await supervisor.aclose()
    assert not running(second)


async def test_who_cares_for_a_child_may_fail_and_goes_on(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = Supervisor(recorder.log)
    await supervisor.start(script("agent", SLEEP, ready_line="up"))
    stop, tries = Child.stop, []

    async def fail_once(child: Child, grace: float | None = None) -> None:
        tries.append(child)
        if len(tries) == 1:
            raise BlockingIOError(11, "no process can be made")
        await stop(child, grace)

    monkeypatch.setattr(Child, "stop", fail_once)
    os.kill(supervisor.pid("agent"), signal.SIGKILL)
    await until(lambda: recorder.lines.count("agent    | up") == 2)
    told = "run      | the care for agent failed (BlockingIOError) and starts again"
    assert told in recorder.lines
    await supervisor.aclose()


async def test_children_of_a_dead_child_do_not_stay(
    supervisor: Supervisor, recorder: Recorder
) -> None:
    await supervisor.start(script("agent", PARENT, STUBBORN, ready_line="stubborn"))
    grandchild = recorder.number_after("grandchild")
    os.kill(supervisor.pid("agent"), signal.SIGKILL)
    await until(lambda: not running(grandchild))


async def test_closing_ends_what_ignores_sigterm(
    supervisor: Supervisor, recorder: Recorder
) -> None:
    await supervisor.start(script("stubborn", STUBBORN, ready_line="stubborn"))
    await supervisor.start(script("agent", PARENT, STUBBORN, ready_line="grandchild"))
    pids = [supervisor.pid("stubborn"), supervisor.pid("agent")]
    pids.append(recorder.number_after("grandchild"))
    await supervisor.aclose()
    await supervisor.aclose()
    assert [pid for pid in pids if running(pid)] == []


async def test_the_last_one_outlives_the_others(recorder: Recorder) -> None:
    code = "import signal, sys, time\n"
    code += "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit()))\n"
    code += "print('up', flush=True); time.sleep(600)"
    supervisor = Supervisor(recorder.log)
    for name in ("livekit", "agent", "web"):
        await supervisor.start(script(name, code, ready_line="up"))
    await supervisor.aclose(last="livekit")
    byes = [line.split()[0] for line in recorder.lines if line.endswith("bye")]
    assert (len(byes), byes[-1]) == (3, "livekit")


def test_pauses_grow_and_start_afresh_after_a_good_run() -> None:
    backoff = Backoff()
    assert [backoff.pause(1.0) for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    assert backoff.pause(31.0) == 0.5
    assert backoff.pause(1.0) == 1
