"""How each kind of engine is known, asked and, after a refusal, asked again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from gated_engine import Answer, refuse, say, stream
from livekit.plugins.pressbox.engine import (
    EngineError,
    EngineRejected,
    EngineRequest,
    EngineStarting,
    EngineUnavailable,
)
from livekit.plugins.pressbox.engine.limits import Limits, Refusal, learned

from agent.engine.dialects import owned
from agent.engine.engines import Engines

from .asking import answer, asking, pictures_of, text_of, window

SPEECH = ["text", "audio"]
QUIET = {"enable_thinking": False}
OURS = {"kind": "commentary", "frame_times": [0.0], "room": "lobby"}

ASKED: list[tuple[str, bool, dict[str, Any], dict[str, Any]]] = [
    ("pressbox", True,
     {"modalities": SPEECH, "audio": {"voice": "amy", "format": "pcm16"}, "pressbox": OURS},
     {"modalities": ["text"], "pressbox": OURS}),
    ("stranger", True,
     {"modalities": SPEECH, "audio": {"voice": "amy", "format": "pcm16"}, "pressbox": OURS},
     {"modalities": ["text"], "pressbox": OURS}),
    ("stranger", False,
     {"modalities": SPEECH, "audio": {"voice": "amy", "format": "pcm16"}}, {}),
    ("vllm", False,
     {"modalities": SPEECH, "audio": {"format": "wav"}, "speaker": "amy",
      "chat_template_kwargs": {**QUIET, "use_tts_template": True}},
     {"modalities": ["text"], "chat_template_kwargs": QUIET}),
    ("sglang-omni", False,
     {"modalities": SPEECH, "audio": {"format": "wav"}, "temperature": 0.7, "top_p": 0.8},
     {"modalities": ["text"], "temperature": 0.7, "top_p": 0.8}),
    ("sglang", False, {"chat_template_kwargs": QUIET}, {"chat_template_kwargs": QUIET}),
    ("llamacpp", False, {"chat_template_kwargs": QUIET}, {"chat_template_kwargs": QUIET}),
    ("library", False, {"reasoning_effort": "none"}, {"reasoning_effort": "none"}),
]  # fmt: skip
"""By owner, and whether it is on this machine: what is said besides model, messages and length,
with speech and without.
"""


@pytest.mark.parametrize(("owner", "near", "spoken", "written"), ASKED)
def test_what_each_kind_of_engine_is_asked(
    owner: str, near: bool, spoken: dict[str, Any], written: dict[str, Any]
) -> None:
    dialect = owned(owner, near=near)
    long = owner in ("pressbox", "stranger", "sglang-omni")
    for audio, expected in ((True, spoken), (False, written)):
        request = window(1, voice="amy", audio=audio, max_tokens=50)
        sent = dialect.arguments(request, "m", Limits(), dialect.traits)
        sent |= sent.pop("extra_body")
        assert sent.pop("max_completion_tokens" if long else "max_tokens") == 50
        assert (sent.pop("model"), sent.pop("stream")) == ("m", True)
        assert ("stream_options" in sent) == (owner != "sglang-omni")
        sent.pop("stream_options", None)
        assert pictures_of(sent) == [0]
        sent.pop("images", None)
        messages = sent.pop("messages")
        assert messages[0] == {"role": "system", "content": "Be brief."}
        assert (messages == list(request.messages)) == (owner != "sglang-omni")
        assert sent == expected


KINDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"owned_by": "pressbox"}, {}, "pressbox"),
    ({"owned_by": "vllm"}, {}, "vllm-omni"),
    ({"owned_by": "sglang-omni"}, {}, "sglang-omni"),
    ({"owned_by": "sglang"}, {}, "sglang"),
    ({"owned_by": "llamacpp"}, {"/props": {}}, "llama.cpp"),
    ({"owned_by": "library"}, {"/api/show": {}}, "ollama"),
    ({"id": "some/one:1b", "owned_by": "some"}, {"/api/version": {"version": "1"}}, "ollama"),
    ({"id": "some/one:1b", "owned_by": "some"}, {}, "openai"),
    ({"owned_by": "system"}, {}, "openai"),
]


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize(("card", "pages", "kind"), KINDS)
async def test_a_server_is_known_by_what_it_says_of_itself(
    card: dict[str, Any], pages: dict[str, Any], kind: str, named: bool
) -> None:
    card = {"id": "m", **card}
    async with asking(models=[card], pages=pages, model=card["id"] if named else "") as (
        client,
        on,
    ):
        await answer(client)
        await answer(client)
        assert client._endpoints[0].dialect.name == kind
        assert client.model == card["id"]
        assert on.paths.count("/v1/models") == 1


async def test_a_kind_that_was_named_is_not_asked_about() -> None:
    async with asking(api="ollama", models=["some/one:1b"]) as (client, on):
        await client.reach()
        assert client._endpoints[0].dialect.name == "ollama"
        assert "/api/version" not in on.paths
    with pytest.raises(ValueError, match="engine_api='vlllm' is not known: one of auto, openai"):
        Engines("http://127.0.0.1:1/v1", api="vlllm")


CARDS: list[tuple[str, dict[str, Any], dict[str, Any], bool | None, bool]] = [
    ("pressbox", {"modalities": ["text"], "input_modalities": ["text", "audio"]}, {}, False, True),
    ("pressbox", {"modalities": SPEECH, "input_modalities": ["text"]}, {}, True, False),
    ("pressbox", {}, {}, None, False),
    ("vllm", {}, {}, None, True),
    ("llamacpp", {}, {"/props": {"modalities": {"vision": True, "audio": True}}}, False, True),
    ("llamacpp", {}, {}, False, False),
    ("llamacpp", {"architecture": {"input_modalities": ["image", "audio"]}}, {}, False, True),
    ("library", {}, {"/api/show": {"capabilities": ["vision", "audio"]}}, False, True),
    ("library", {}, {}, False, False),
]


@pytest.mark.parametrize(("owner", "card", "pages", "speaks", "hears"), CARDS)
async def test_what_an_engine_can_do_is_asked(
    owner: str, card: dict[str, Any], pages: dict[str, Any], speaks: bool | None, hears: bool
) -> None:
    models = [{"id": "m", "owned_by": owner, **card}]
    async with asking(models=models, pages=pages) as (client, _):
        assert not client.hears
        await client.reach()
        assert (client.speaks, client.hears) == (speaks, hears)


@pytest.mark.parametrize(
    ("owner", "pages", "told"),
    [
        ("llamacpp", {"/props": {"modalities": {"vision": False}}}, "--mmproj"),
        (
            "library",
            {"/api/show": {"capabilities": ["completion"]}},
            "m has no vision",
        ),
    ],
)
async def test_a_model_that_cannot_see_is_refused(owner: str, pages: Any, told: str) -> None:
    async with asking(models=[{"id": "m", "owned_by": owner}], pages=pages) as (client, _):
        with pytest.raises(EngineRejected, match=f"sees no pictures: .*{told}"):
            await client.reach()


@pytest.mark.parametrize(
    ("refusal", "kind", "told"),
    [
        (refuse(500, "image input is not supported - hint: the mmproj"), EngineRejected, "sees no"),
        (refuse(503, "Loading model"), EngineStarting, "still loading its model"),
        (refuse(500, "audio input is not supported"), EngineUnavailable, "audio input"),
    ],
)
async def test_what_llama_cpp_says_while_it_cannot(
    refusal: Answer, kind: type[EngineError], told: str
) -> None:
    pages = {"/props": {"modalities": {"vision": True, "audio": True}}}
    models = [{"id": "m", "owned_by": "llamacpp"}]
    async with asking(refusal, models=models, pages=pages) as (client, on):
        with pytest.raises(kind, match=told):
            await answer(client)
        assert len(on.requests) == 1
        assert client.hears == (told != "audio input"), "it has turned out to be deaf"
        await answer(client)


# refusals

SENT: dict[str, Any] = {
    "messages": list(window(8).messages),
    "max_completion_tokens": 50,
    "stream_options": {"include_usage": True},
    "modalities": SPEECH,
    "audio": {"voice": "amy", "format": "pcm16"},
    "extra_body": {"pressbox": {}},
}


def without(*names: str) -> Limits:
    return Limits(without=frozenset(names))


TAUGHT = [
    (Refusal(400, "At most 4 image(s) may be provided in one prompt."), Limits(images=4)),
    (Refusal(400, "At most 1 image(s) may be provided in one request."), Limits(images=1)),
    (Refusal(400, "Too many images. This model supports up to 5 images"), Limits(images=5)),
    (Refusal(400, "8 pictures are too many: at most 6"), Limits(images=6)),
    (Refusal(400, "The maximum number of images is 3"), Limits(images=3)),
    (Refusal(400, "Number of images exceeds the limit of 2 per request"), Limits(images=2)),
    (Refusal(400, "Too many images in request"), Limits(images=4)),
    (Refusal(400, "At most 99 images may be sent"), Limits(images=4)),
    (Refusal(400, "This model's maximum context length is 4096 tokens."), Limits(images=4)),
    (Refusal(400, "The decoder prompt is longer than the maximum model length"), Limits(images=4)),
    (Refusal(413, "the body is too large"), Limits(images=4)),
    (Refusal(400, "the request exceeds the available context size"), Limits(images=4)),
    (Refusal(400, "no", param="modalities"), Limits(audio=False)),
    (Refusal(400, "no", param="audio"), Limits(audio=False)),
    (Refusal(400, "Unsupported output modalities audio"), Limits(audio=False)),
    (Refusal(400, "Invalid speaker 'amy'."), without("voice")),
    (Refusal(400, "Invalid value", param="audio.voice"), without("voice")),
    (Refusal(400, "Invalid audio format 'pcm16'."), without("pcm16")),
    (Refusal(400, "no", param="max_completion_tokens"), without("max_completion_tokens")),
    (Refusal(422, "body.pressbox: Extra inputs are not permitted"), without("pressbox")),
    (Refusal(400, "unknown field"), without("pressbox", "stream_options")),
    (Refusal(401, "Invalid API Key"), None),
    (Refusal(500, "At most 4 image(s)"), None),
    (Refusal(400, "the last message must be the user's"), None),
    (Refusal(400, "At most 0 image(s) may be provided in one prompt."), None),
    (Refusal(400, "image input is not supported"), None),
]


@pytest.mark.parametrize(("refusal", "limits"), TAUGHT)
def test_what_a_refusal_teaches(refusal: Refusal, limits: Limits | None) -> None:
    assert learned(Limits(), refusal, SENT) == limits


LESSONS: list[tuple[str, Limits, EngineRequest, dict[str, Any]]] = [
    ("stranger", without("voice"), window(1, voice="amy"),
     {"audio": {"voice": "alloy", "format": "pcm16"}}),
    ("stranger", without("pcm16"), window(1), {"audio": {"voice": "default", "format": "wav"}}),
    ("stranger", Limits(audio=False), window(1), {"modalities": ["text"], "audio": None}),
    ("stranger", without("max_completion_tokens"), window(1, max_tokens=40),
     {"max_tokens": 40, "max_completion_tokens": None}),
    ("stranger", without("pressbox", "stream_options"), window(1),
     {"pressbox": None, "stream_options": None}),
    ("stranger", Limits(images=2), window(4),
     {"pressbox": {**OURS, "frame_times": [-3.0, 0.0]}}),
    ("vllm", without("voice", "chat_template_kwargs"), window(1, voice="amy"),
     {"speaker": None, "chat_template_kwargs": None}),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "limits", "request_", "expected"), LESSONS)
def test_what_an_engine_does_not_take_is_left_out(
    owner: str, limits: Limits, request_: EngineRequest, expected: dict[str, Any]
) -> None:
    dialect = owned(owner, near=True)
    sent = dialect.arguments(request_, "m", limits, dialect.traits)
    sent |= sent.pop("extra_body")
    assert {name: sent.get(name) for name in expected} == expected


def at_most(
    images: int,
    message: str = "At most {} image(s) may be provided.",
    refusing: Callable[[int, str], Answer] = refuse,
) -> Answer:
    """An engine that takes so many pictures."""

    async def answer(engine: Any, request: Any, body: dict[str, Any]) -> Any:
        fits = len(pictures_of(body)) <= images
        then = say("A dog runs.") if fits else refusing(400, message.format(images))
        return await then(engine, request, body)

    return answer


@pytest.mark.parametrize("owner", ["vllm", "sglang-omni", "stranger"])
async def test_an_image_limit_is_learned_and_kept_until_the_connection_is_lost(owner: str) -> None:
    models = [{"id": "m", "owned_by": owner}]
    async with asking(models=models, usual=at_most(3)) as (client, on):
        for pictures in (7, 7, 2):
            assert text_of(await answer(client, window(pictures))) == "A dog runs."
        assert [pictures_of(body) for body in on.requests] == [
            list(range(7)), [0, 3, 6], [0, 3, 6], [0, 1],
        ]  # fmt: skip
        assert on.requests[1]["messages"][0]["content"] == "Be brief."
        await on.stop()
        with pytest.raises(EngineUnavailable):
            await answer(client)
        on.usual = at_most(9)
        await on.start()
        await answer(client, window(7))
        assert len(pictures_of(on.requests[-1])) == 7


def in_stream(status: int, message: str) -> Answer:
    """A refusal as SGLang-Omni puts it, whose status was 200."""
    return stream({"error": {"message": message, "type": "error", "code": status}})


def by_ollama(status: int, message: str) -> Answer:
    """A refusal of the llama-server behind Ollama."""
    return refuse(status, json.dumps({"error": {"code": status, "message": message}}))


@pytest.mark.parametrize("refusing", [refuse, in_stream, by_ollama])
@pytest.mark.parametrize(
    ("fits", "pictures", "asked"),
    [(2, 8, [8, 4, 2]), (0, 1, [1]), (0, 64, [64, 32, 16, 8, 4])],
)
async def test_what_does_not_fit_is_halved_and_not_for_ever(
    fits: int, pictures: int, asked: list[int], refusing: Callable[[int, str], Answer]
) -> None:
    usual = at_most(fits, "the request exceeds the available context size", refusing)
    async with asking(api="openai", usual=usual) as (client, on):
        if fits:
            await answer(client, window(pictures))
        else:
            with pytest.raises(EngineRejected, match="400: the request exceeds the available"):
                await answer(client, window(pictures))
        assert [len(pictures_of(body)) for body in on.requests] == asked
        on.usual = None
        await answer(client, window(pictures))
        assert len(pictures_of(on.requests[-1])) == asked[-1], "a refusal does not undo it"
