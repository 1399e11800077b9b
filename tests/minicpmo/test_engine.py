"""The engine around the model: requests one after the other, stopped, failing, short of memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import torch

from models.engine import (
    BusyError,
    EngineError,
    EngineStartError,
    FatalEngineError,
    GenerationRequest,
    Picture,
    RefusedError,
    TextDelta,
)
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.engine import MiniCPMoEngine
from models.minicpmo.session import Session
from models.minicpmo.voices import Voices
from models.runtime.device import GIB
from models.runtime.memory_watch import MemoryWatch, RequestNeed
from tests.minicpmo.asking import LONG, Asking, Said
from tests.minicpmo.pictures import encoded
from tests.minicpmo.recordings import speechlike, write_wav

NO_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has …")
NO_HANDLE = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate")
LOST = RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors …")
ODD = ValueError("odd\nand more")


@pytest_asyncio.fixture
async def engine(asking: Asking, tmp_path: Path) -> AsyncIterator[MiniCPMoEngine]:
    """Around the open session, whose voices are those of a folder for once."""
    session = asking.session
    own, watch = session.voices, session._memory
    write_wav(tmp_path / "anna.wav", speechlike(3.5, seed=4))
    session.voices = Voices(tmp_path, write_wav(tmp_path / "own.wav", speechlike(4)))
    engine = MiniCPMoEngine(session)
    yield engine
    await engine._worker.aclose(lambda: None, 10)
    session.voices, session._memory, session._lost = own, watch, ""


async def ask(engine: MiniCPMoEngine, text: str = "What now?", **changes: Any) -> Said:
    chosen = {"max_tokens": 20, "temperature": 0.0, "seed": 3, "text": text, **changes}
    async with aclosing(engine.generate(GenerationRequest(**chosen))) as deltas:
        return Said([delta async for delta in deltas])


async def test_pieces_come_while_the_answer_is_made(engine: MiniCPMoEngine, asking: Asking) -> None:
    """The model waits at its fourth token until the first one has been read here."""
    arrived = threading.Event()
    asking.at_token(4, lambda: arrived.wait(20))
    async with aclosing(engine.generate(GenerationRequest(text=LONG))) as deltas:
        assert isinstance(await anext(deltas), TextDelta)
        arrived.set()
        rest = Said([delta async for delta in deltas])
    assert rest.end.reason == "stop"
    assert rest.speech


@pytest.mark.parametrize("where", ["reading", "writing"])
async def test_closing_ends_the_work_and_the_next_answer_is_right(
    engine: MiniCPMoEngine, asking: Asking, where: str
) -> None:
    expected = await ask(engine, "blue")
    inside, layers = threading.Event(), asking.remote.llm.model.layers
    runs: list[int] = []

    def told() -> threading.Event:
        assert asking.session._sink is not None
        return asking.session._sink._cancelled

    def hold() -> None:
        inside.set()
        assert told().wait(20)

    if where == "writing":
        asking.at_token(3, hold)
        asking.at_token(4, lambda: runs.append(1))
    else:
        asking.before_each(layers[0], lambda count: hold() if not count else runs.append(1))
    waiting = asyncio.create_task(ask(engine, LONG))
    behind = asyncio.create_task(ask(engine, "behind"))
    assert await asyncio.to_thread(inside.wait, 20)
    behind.cancel()  # it stops nobody else
    await asyncio.wait({behind})
    assert not told().is_set()
    for _ in range(5):  # a server that stops cancels more than once
        waiting.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    await engine._worker.call(asking.close)
    assert runs == []
    assert (await ask(engine, "blue")).deltas == expected.deltas


@pytest.mark.parametrize("where", ["voice", "prefill", "text"])
@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (NO_MEMORY, "not enough memory for this request"),
        (NO_HANDLE, "not enough memory for this request"),
        (LOST, "the device is lost: RuntimeError: CUDA error: an illegal memory access was"),
        (ODD, "the model failed: ValueError: odd"),
    ],
)
async def test_a_failure_fails_one_request_or_the_engine(
    engine: MiniCPMoEngine,
    asking: Asking,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    error: Exception,
    shown: str,
) -> None:
    expected = await ask(engine, "blue")
    asking.model.voice.forget()

    def broken(*_: Any) -> None:
        raise error

    if where == "voice":
        monkeypatch.setattr(asking.remote, "init_token2wav_cache", broken)
    elif where == "prefill":
        asking.fail(asking.remote.llm, error)
    else:
        asking.at_token(6, broken)
    if where == "voice" and error is ODD:
        said = await ask(engine, "blue")
        assert (said.text, said.speech) == (expected.text, [])
        assert "cannot be used as a voice: ValueError: odd; the text goes on" in said.notices[0]
        return
    with pytest.raises(EngineError, match=shown) as raised:
        await ask(engine, "red")
    assert "\n" not in str(raised.value)
    asking.close()
    monkeypatch.undo()
    if error is LOST:
        assert type(raised.value) is FatalEngineError
        with pytest.raises(FatalEngineError, match="the device is lost"):
            await ask(engine, "blue")
        return
    no_memory = error in {NO_MEMORY, NO_HANDLE}
    assert type(raised.value) is (BusyError if no_memory and where != "text" else EngineError)
    assert asking.remote.llm_past_key_values is None, "nothing of the request is held"
    assert (asking.model.state._prefixes.bytes == 0) == no_memory
    assert (await ask(engine, "blue")).text == expected.text


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"pictures": (Picture(b"\xff\xd8\xff", 0.0, "there"),)}, "there"),
        ({"voice": "nobody"}, "audio.voice"),
        ({"sound": bytes(2 * 16_000 * 40)}, "messages"),
    ],
)
async def test_a_refused_request_never_reaches_the_model(
    engine: MiniCPMoEngine, asking: Asking, changes: dict[str, Any], param: str
) -> None:
    asking.fail(asking.remote.llm, ODD)
    with pytest.raises(RefusedError) as raised:
        await ask(engine, **changes)
    assert raised.value.param == param


async def test_a_window_is_cut_to_the_memory_that_is_free(
    engine: MiniCPMoEngine, asking: Asking
) -> None:
    """What is kept only to save work goes first; then pictures; then the request."""
    session, free = asking.session, [5 * GIB]
    released: list[int] = []
    session._memory = MemoryWatch(
        "cuda:0", RequestNeed(GIB, GIB), lambda: free[0], lambda: released.append(1)
    )
    window = tuple(Picture(encoded().data, float(at - 7)) for at in range(8))
    said = await ask(engine, pictures=window[4:])
    assert (said.notices, released, engine.info.shortage) == ([], [], "")
    said = await ask(engine, pictures=window)
    assert "8 pictures are too many beside what else takes memory" in said.notices[0]
    assert "4 in all" in said.notices[0]
    assert released == [1]
    assert engine.info.shortage.startswith("cuda:0 has 5.00 GiB free and a request takes 9.00")
    free[0] = GIB
    assert (await ask(engine)).notices == []
    with pytest.raises(BusyError, match=r"1\.00 GiB free and a request takes 2\.00: end what"):
        await ask(engine, pictures=window[:1])
    free[0] = 9 * GIB
    assert (await ask(engine, pictures=window)).notices == []
    assert engine.info.shortage == ""


async def test_without_a_voice_the_text_goes_on_and_the_client_is_told(
    engine: MiniCPMoEngine, asking: Asking, tmp_path: Path
) -> None:
    expected = await ask(engine)
    asking.session.voices = Voices(tmp_path / "none", None)
    said = await ask(engine)
    assert (said.text, said.speech, len(said.notices)) == (expected.text, [], 1)
    assert (await ask(engine, audio=False)).notices == []


async def test_starts_that_fail_end_in_one_line(checkpoint_folder: Path, tmp_path: Path) -> None:
    read = Checkpoint.read(checkpoint_folder)
    short = write_wav(tmp_path / "own.wav", speechlike(1))
    for session, words in (
        (Session(read, "cpu", 0.01, Voices(tmp_path, None)), r"needs \d.* GiB .* allows 0\.01 GiB"),
        (Session(read, "cpu", 0, Voices(tmp_path, short)), "cannot answer: the voice 'default'"),
        (Session(read, "cuda:99", 0, Voices(tmp_path, None)), "there is no cuda:99"),
    ):
        engine = MiniCPMoEngine(session)
        with pytest.raises(EngineStartError, match=words) as raised:
            await engine.start()
        assert "\n" not in str(raised.value)
        with pytest.raises(EngineError):
            await ask(engine)
        await engine.aclose()
        await engine.aclose()
        assert session.model is None
