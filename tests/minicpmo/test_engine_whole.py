"""Server, engine and model on a checkpoint, over HTTP."""

from __future__ import annotations

import asyncio
import json
import random
import re
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from config.settings import Settings, load_settings
from models.minicpmo.engine import MiniCPMoEngine
from tests.engine import conftest as servers
from tests.minicpmo.customer import Customer, deltas, notices, pcm_of, text_of
from tests.minicpmo.pictures import plain_picture
from tests.minicpmo.recordings import speechlike, write_wav

pytest.importorskip("torch")

COLOURS = {"red": (0, 0, 255), "blue": (255, 0, 0), "green": (0, 255, 0)}
LONG = "SAY " + "The red car passes the blue house and the green tree. " * 10
ROOT = Path(__file__).parents[2]

serve, http = servers.serve, servers.http

Served = Callable[..., Awaitable[Customer]]


@pytest.fixture
def settings(checkpoint_folder: Path, tmp_path: Path) -> Callable[..., Settings]:
    (tmp_path / "voices").mkdir()

    def made(**changes: object) -> Settings:
        cli = {"engine": "minicpmo", "model_path": str(checkpoint_folder), **changes}
        env = {"XDG_STATE_HOME": str(tmp_path), "VOICE_DIR": str(tmp_path / "voices")}
        return load_settings(cli=cli, env=env, directory=tmp_path)

    return made


@pytest_asyncio.fixture
async def served(
    serve: servers.Serve,
    http: aiohttp.ClientSession,
    settings: Callable[..., Settings],
) -> AsyncIterator[Served]:
    async def started(**changes: object) -> Customer:
        with warnings.catch_warnings(action="ignore"):
            return Customer(await serve(MiniCPMoEngine.from_settings(settings(**changes))), http)

    yield started


@pytest_asyncio.fixture
async def customer(served: Served) -> Customer:
    return await served()


def see(*colours: str) -> list[Any]:
    return [plain_picture(COLOURS[colour]) for colour in colours]


async def test_text_and_speech_are_streamed(customer: Customer) -> None:
    status, events = await customer.ask("FREE\nTell me more.", max_completion_tokens=40)
    assert (status, events[-1]) == (200, "[DONE]")
    assert notices(events) == []
    assert len(deltas(events)) > 10
    kinds = ["audio" if "audio" in delta else "text" for delta in deltas(events)]
    assert "text" in kinds[kinds.index("audio") :], "the first speech comes before the last text"
    samples = np.frombuffer(pcm_of(events), "<i2")
    assert len(samples) > 24_000
    usage = events[-2]["usage"]
    assert usage["completion_tokens"] == 40
    assert usage["prompt_tokens"] > 66
    assert events[-3]["choices"][0]["finish_reason"] == "length"


@pytest.mark.usefixtures("tiny")
async def test_what_the_model_sees_hears_and_reads(customer: Customer, tmp_path: Path) -> None:
    said = await customer.text("Who is it?", pictures=see("red", "blue"))
    assert said.startswith("I see red and blue.")
    assert said.endswith("Who is it?.")
    question = write_wav(tmp_path / "q.wav", 2 * speechlike(2.5)).read_bytes()
    said = await customer.text("", pictures=see("green"), sound=question)
    assert said.startswith("I see green. I hear loud and loud and loud.")
    assert await customer.text("SAY ...") == ""


@pytest.mark.usefixtures("tiny")
async def test_a_voice_of_a_file(customer: Customer, tmp_path: Path) -> None:
    """One that is too long for the vocoder, in an answer that fills what is left of its buffers."""
    recording = speechlike(20, rate=44_100, seed=9)
    write_wav(tmp_path / "voices" / "anna.wav", recording, 44_100, channels=2)
    spoken = []
    for name in ("default", "anna", "default"):
        audio = {"voice": name, "format": "pcm16"}
        _, events = await customer.ask(LONG, seed=3, audio=audio, max_completion_tokens=45)
        assert notices(events) == []
        spoken.append(pcm_of(events))
    assert spoken[0] == spoken[2]
    assert spoken[0] != spoken[1]
    assert len(spoken[1]) > 7 * 24_000 * 2


@pytest.mark.usefixtures("tiny")
async def test_rooms_never_hear_of_each_other(customer: Customer) -> None:
    """While requests are broken off and fail, each sees its own pictures and words only."""
    rng = random.Random(2)
    whole: list[str] = []

    async def room(colour: str) -> None:
        for number in range(8):
            fault = rng.choice(["", "", "", "\nFAULT oom", "\nFAULT vocoder", "\nFAULT slow"])
            asking = asyncio.create_task(
                customer.ask(f"{colour}{number}{fault}", colour, pictures=see(colour))
            )
            if rng.random() < 0.3:
                await asyncio.wait({asking}, timeout=rng.choice([0.01, 0.1, 0.3]))
                asking.cancel()
            await asyncio.wait({asking})
            if not asking.cancelled():
                status, events = asking.result()
                assert status == 200
                said = text_of(events)
                assert set(re.findall("red|blue|green", said)) <= {colour}, said
                if events[-1] == "[DONE]":
                    assert said.startswith(f"I see {colour}.")
                    assert f"{colour}{number}" in said
                    whole.append(said)

    await asyncio.gather(*map(room, COLOURS))
    assert len(whole) > 8


@pytest.mark.usefixtures("tiny")
async def test_with_little_memory_it_only_writes(served: Served) -> None:
    customer = await served(engine_memory=1.5)
    (model,) = json.loads(await customer.get("/v1/models"))["data"]
    assert model["modalities"] == ["text"]
    _, events = await customer.ask("SAY Hello.")
    assert (text_of(events), pcm_of(events)) == ("Hello.", b"")
