"""The engine before a scripted backend."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from models.engine import (
    AudioDelta,
    BusyError,
    Delta,
    EngineError,
    EngineStartError,
    FatalEngineError,
    Finished,
    GenerationRequest,
    Notice,
    Picture,
    RefusedError,
    TextDelta,
)
from models.minicpmo.backend import BackendError, DeviceLost, End, OutOfMemory, Text
from models.minicpmo.engine import MiniCPMoEngine
from models.minicpmo.voices import Voices
from models.runtime.worker import Patience
from tests.minicpmo.pictures import encoded
from tests.minicpmo.recordings import speechlike, write_wav
from tests.minicpmo.scripted_backend import ScriptedBackend, Step, Stuck, tone

END = End("stop", 70, 3)
START = ["load", "set_voice", "prefill", "generate", "reset"]

Make = Callable[..., MiniCPMoEngine]


@pytest.fixture
def voices(tmp_path: Path) -> Voices:
    (tmp_path / "voices").mkdir()
    write_wav(tmp_path / "voices" / "anna.wav", speechlike(3.5, seed=4))
    return Voices(tmp_path / "voices", write_wav(tmp_path / "own.wav", speechlike(4)))


@pytest_asyncio.fixture
async def make(voices: Voices) -> AsyncIterator[Make]:
    """Makes engines, and closes them after the test."""
    made: list[MiniCPMoEngine] = []

    def maker(backend: ScriptedBackend, patience: Patience | None = None) -> MiniCPMoEngine:
        made.append(MiniCPMoEngine(lambda: backend, voices, patience=patience, close_timeout=5))
        return made[-1]

    yield maker
    for engine in made:
        await engine.aclose()


async def started(make: Make, backend: ScriptedBackend, **options: object) -> MiniCPMoEngine:
    """An engine whose start left no trace in the backend's records."""
    engine = make(backend, **options)
    script, backend.script = backend.script, lambda _: [Text("Hello"), END]
    await engine.start()
    assert backend.calls == START
    backend.script = script
    for record in (backend.calls, backend.prompts, backend.asked, backend.voices):
        record.clear()
    return engine


async def ask(engine: MiniCPMoEngine, text: str = "What now?", **changes: Any) -> list[Delta]:
    got: list[Delta] = []
    await ask_into(got, engine, text, **changes)
    return got


async def ask_into(got: list[Delta], engine: MiniCPMoEngine, text: str, **changes: Any) -> None:
    """What came before an error counts, too."""
    async with aclosing(engine.generate(GenerationRequest(text=text, **changes))) as deltas:
        async for delta in deltas:
            got.append(delta)  # noqa: PERF401 - not lost when an error follows


def said(deltas: Iterable[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


async def entered(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 10)
    event.clear()


async def test_pieces_come_while_the_answer_is_made(make: Make) -> None:
    gate = threading.Event()
    backend = ScriptedBackend([Text("A"), tone(), gate, Text(" man"), END])
    engine = await started(make, backend)
    async with aclosing(engine.generate(GenerationRequest(text="?"))) as deltas:
        assert await anext(deltas) == TextDelta("A")
        assert isinstance(await anext(deltas), AudioDelta)
        gate.set()
        assert [delta async for delta in deltas] == [TextDelta(" man"), Finished("stop", 70, 3)]
    assert await ask(engine, audio=False) == [
        *map(TextDelta, ("A", " man")),
        Finished("stop", 70, 3),
    ]
    assert backend.calls == ["set_voice", "prefill", "generate", "prefill", "generate"]


async def test_what_the_backend_is_asked(make: Make) -> None:
    backend = ScriptedBackend([Text("A"), END])
    engine = await started(make, backend)
    asked: dict[str, Any] = {"max_tokens": 40, "temperature": 0.0, "top_p": 0.5, "seed": 7}
    shown = tuple(Picture(encoded().data, float(at - 63)) for at in range(64))
    await ask(engine, pictures=(encoded(), encoded(red=80)), voice="anna", **asked)
    notice, *_ = await ask(engine, pictures=shown, max_tokens=2048)
    assert isinstance(notice, Notice)
    assert "64 pictures are too many" in notice.text
    (sampling, speech), (other, _) = backend.asked
    assert {name: getattr(sampling, name) for name in asked} == asked
    assert (speech, other.temperature) == (True, 0.7)
    voice, own = backend.voices
    assert (len(voice.samples), len(own.samples)) == (3.5 * 16_000, 4 * 16_000)
    assert backend.prompts[0].system[1] is voice


async def test_a_voice_that_cannot_be_set(make: Make) -> None:
    backend = ScriptedBackend([Text("A"), tone(), END])
    engine = await started(make, backend)
    backend.faults["set_voice"] = [BackendError("the recording is of no use")]
    notice, *rest = await ask(engine)
    assert isinstance(notice, Notice)
    assert rest == [TextDelta("A"), Finished("stop", 70, 3)]
    assert backend.calls == ["set_voice", "reset", "prefill", "generate"]
    assert any(isinstance(delta, AudioDelta) for delta in await ask(engine))


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"pictures": (Picture(b"\xff\xd8\xff", 0.0, "there"),)}, "there"),
        ({"voice": "nobody"}, "audio.voice"),
        ({"sound": bytes(2 * 16_000 * 40)}, "messages"),
    ],
)
async def test_a_refused_request_never_reaches_the_model(
    make: Make, changes: dict[str, Any], param: str
) -> None:
    backend = ScriptedBackend()
    engine = await started(make, backend)
    with pytest.raises(RefusedError) as raised:
        await ask(engine, **changes)
    assert raised.value.param == param
    assert backend.calls == []
    assert said(await ask(engine, "Well?")) == "Well?"


@pytest.mark.parametrize("method", ["set_voice", "prefill", "generate", "midway"])
@pytest.mark.parametrize(
    ("fault", "busy", "shown"),
    [
        (OutOfMemory("no memory for 3 GiB"), True, "no memory for 3 GiB"),
        (BackendError("the tensors\ndiffer"), False, "the tensors differ"),
        (RuntimeError("secret"), False, "the model failed, the log of the engine says how"),
    ],
)
async def test_after_any_failure_the_next_request_is_served(
    make: Make, method: str, fault: Exception, busy: bool, shown: str
) -> None:
    if method == "set_voice" and type(fault) is BackendError:
        pytest.skip("then the text goes on")
    backend = ScriptedBackend()
    engine = await started(make, backend)
    normal = backend.script
    if method == "midway":
        backend.script = lambda _: [Text("A"), fault]
    else:
        backend.faults[method] = [fault]
    got: list[Delta] = []
    with pytest.raises(EngineError) as raised:
        await ask_into(got, engine, "red")
    assert str(raised.value) == shown
    assert type(raised.value) is (BusyError if busy and not got else EngineError)
    assert said(got) == ("A" if method == "midway" else "")
    assert backend.calls[-1] == "reset"
    backend.script = normal
    assert said(await ask(engine, "blue")) == "blue"


@pytest.mark.parametrize("method", ["set_voice", "prefill", "generate", "midway"])
async def test_a_lost_device_is_the_end_of_the_engine(make: Make, method: str) -> None:
    fault = DeviceLost("illegal memory access")
    backend = ScriptedBackend([Text("A"), fault])
    engine = await started(make, backend)
    if method != "midway":
        backend.faults[method] = [fault]
    for _ in range(2):
        with pytest.raises(FatalEngineError, match="the device is lost: illegal memory access"):
            await ask(engine)
    assert "reset" not in backend.calls
    assert backend.calls.count("prefill") <= 1


async def test_a_model_that_cannot_be_brought_back_is_lost(make: Make) -> None:
    backend = ScriptedBackend([BackendError("no")])
    engine = await started(make, backend)
    backend.faults["reset"] = [RuntimeError("never")]
    for _ in range(2):
        with pytest.raises(FatalEngineError, match="cannot be brought back"):
            await ask(engine)


async def test_closing_stops_the_model_at_the_next_token(make: Make) -> None:
    made: list[int] = []
    backend = ScriptedBackend()
    engine = await started(make, backend)
    gate, normal = threading.Event(), backend.script

    def endless(_: str) -> Iterable[Step]:
        while True:
            made.append(len(made))
            yield Text("a")
            yield gate

    backend.script = endless
    async with aclosing(engine.generate(GenerationRequest(text="red"))) as deltas:
        await anext(deltas)
        await entered(backend.begun)
    backend.script = normal
    assert said(await ask(engine, "blue")) == "blue"
    assert made == [0]
    assert backend.closed_early == 1
    assert backend.calls[:4] == ["set_voice", "prefill", "generate", "reset"]


async def test_a_request_may_be_cancelled_twice(make: Make) -> None:
    """A server that stops does that, and the second time comes while the first is at work."""
    backend = ScriptedBackend()
    engine = await started(make, backend)
    gate = backend.gates["prefill"] = threading.Event()
    waiting = asyncio.create_task(ask(engine, "red"))
    await entered(backend.begun)
    for _ in range(5):
        waiting.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    gate.set()
    assert said(await ask(engine, "blue")) == "blue"
    assert backend.calls.count("generate") == 1


async def test_closing_stops_nobody_else(make: Make) -> None:
    """The one behind is closed while the first runs."""
    gate = threading.Event()
    backend = ScriptedBackend([Text("A"), gate, Text(" man"), END])
    engine = await started(make, backend)
    first = asyncio.create_task(ask(engine))
    await entered(backend.begun)
    second = asyncio.create_task(ask(engine))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait({second})
    gate.set()
    assert said(await first) == "A man"
    assert backend.calls.count("prefill") == 1


async def test_a_thread_that_does_not_stop_is_found_out(make: Make) -> None:
    stuck = Stuck(threading.Event())
    backend = ScriptedBackend([Text("A"), stuck, END])
    engine = await started(make, backend, patience=Patience(piece=60, stop=0.05))
    async with aclosing(engine.generate(GenerationRequest(text="red"))) as deltas:
        await anext(deltas)
        await entered(backend.begun)
    for _ in range(2):
        with pytest.raises(FatalEngineError, match=r"did not stop within 0\.05 s"):
            await ask(engine, "blue")
    stuck.event.set()


async def test_a_model_that_makes_nothing_is_told_to_stop(make: Make) -> None:
    backend = ScriptedBackend()
    engine = await started(make, backend, patience=Patience(piece=0.05, stop=60))
    normal = backend.script
    backend.script = lambda _: [Text("A"), threading.Event(), END]
    with pytest.raises(EngineError, match="broke off"):
        await ask(engine, "red")
    backend.script = normal
    assert said(await ask(engine, "blue")) == "blue"


@pytest.mark.parametrize("method", ["load", "set_voice", "prefill", "generate"])
@pytest.mark.parametrize("fault", [BackendError("too\nlittle"), OutOfMemory("too little")])
async def test_a_start_that_fails(make: Make, method: str, fault: Exception) -> None:
    backend = ScriptedBackend([Text("Hello"), END])
    backend.faults[method] = [fault]
    engine = make(backend)
    loaded = "" if method == "load" else "the model is loaded and cannot answer: "
    with pytest.raises(EngineStartError, match=f"^{loaded}too little$"):
        await engine.start()
    await engine.aclose()
    assert backend.calls[-1] == "close"
    assert backend.calls.count("close") == 1


async def test_without_a_voice_the_text_goes_on_and_the_client_is_told(tmp_path: Path) -> None:
    backend = ScriptedBackend([Text("A"), END])
    engine = MiniCPMoEngine(lambda: backend, Voices(tmp_path, None))
    await engine.start()
    notice, *rest = await ask(engine)
    assert isinstance(notice, Notice)
    assert rest == [TextDelta("A"), Finished("stop", 70, 3)]
    assert "set_voice" not in backend.calls
    await engine.aclose()


async def test_an_own_voice_that_does_not_serve(tmp_path: Path) -> None:
    own = write_wav(tmp_path / "own.wav", speechlike(1))
    engine = MiniCPMoEngine(ScriptedBackend, Voices(tmp_path, own))
    with pytest.raises(EngineStartError, match="the voice 'default' cannot be used"):
        await engine.start()
    await engine.aclose()


async def test_closing_the_engine(make: Make) -> None:
    backend = ScriptedBackend([Text("A"), threading.Event(), END])
    engine = await started(make, backend)
    waiting = asyncio.create_task(ask(engine))
    await entered(backend.begun)
    await engine.aclose()
    assert backend.calls[-1] == "close"
    with pytest.raises(EngineError):
        await waiting
    await engine.aclose()
    assert backend.calls.count("close") == 1


async def test_closing_does_not_wait_for_a_stuck_thread(voices: Voices) -> None:
    gate = threading.Event()
    backend = ScriptedBackend()
    backend.gates["load"] = gate
    engine = MiniCPMoEngine(lambda: backend, voices, close_timeout=0.05)
    starting = asyncio.create_task(engine.start())
    await entered(backend.begun)
    starting.cancel()
    await engine.aclose()
    assert "close" not in backend.calls
    gate.set()
    await asyncio.wait({starting})
