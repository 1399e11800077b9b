"""What is particular to each engine, end to end."""

from __future__ import annotations

import pytest

from agent.commentator.engine.errors import EngineRejected, EngineStarting, EngineUnavailable
from tests.support.scripted_servers import (
    Hosted,
    LlamaCppServer,
    OllamaServer,
    PressboxServer,
    SGLangOmniServer,
    VllmOmniServer,
)

from .asking import answer, asking, pcm_of, spoken, text_of, window


async def test_vllm_omni_is_asked_for_a_voice_in_its_own_way() -> None:
    server = VllmOmniServer()
    async with asking(server) as client:
        await answer(client, window(1, voice="Ethan"))
        await answer(client, window(1, voice="amy"))
        await answer(client, window(1, voice="amy"))
    assert [body.get("speaker") for body in server.requests] == ["Ethan", "amy", None, None]
    body = server.requests[0]
    assert body["audio"] == {"format": "wav"}
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "use_tts_template": True}
    assert "pressbox" not in body


async def test_sglang_omni_gets_media_beside_plain_messages() -> None:
    server = SGLangOmniServer()
    async with asking(server) as client:
        await client.reach()
        assert client.hears
        await answer(client, spoken())
    body = server.requests[0]
    assert [message["content"] for message in body["messages"]] == ["Be brief.", "What happens?"]
    assert len(body["images"]) == 1
    assert body["audios"] == ["data:audio/wav;base64,UklGRg=="]
    assert "stream_options" not in body


async def test_own_engines_are_told_the_room_and_give_notices() -> None:
    server = PressboxServer(hears=True, notice="speech failed: no memory; text goes on")
    async with asking(server) as client:
        known = [client.hears]
        deltas = await answer(client, window(2, deadline=1.5))
        known.append(client.hears)
    assert known == [False, True]
    assert [delta.notice for delta in deltas if delta.notice] == [server.notice]
    assert server.requests[0]["pressbox"] == {
        "room": "lobby", "kind": "commentary", "deadline_ms": 1500, "frame_times": [-1.0, 0.0],
    }  # fmt: skip
    assert server.requests[0]["audio"] == {"voice": "default", "format": "pcm16"}


async def test_a_wrong_voice_of_an_own_engine_is_told_and_not_worked_around() -> None:
    server = PressboxServer()
    async with asking(server) as client:
        with pytest.raises(EngineRejected, match="voice 'nobody' is not known"):
            await answer(client, window(1, voice="nobody"))
    assert len(server.requests) == 1


async def test_llama_cpp_is_told_not_to_think_aloud() -> None:
    server = LlamaCppServer(thinks=True, audio=True)
    async with asking(server) as client:
        deltas = await answer(client)
        assert client.hears
        await answer(client, spoken())
    assert text_of(deltas) == "A dog runs."
    body = server.requests[0]
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert not {"modalities", "audio", "pressbox", "max_completion_tokens"} & set(body)


async def test_llama_cpp_without_mmproj_is_named_for_what_it_lacks() -> None:
    async with asking(LlamaCppServer(vision=False)) as client:
        with pytest.raises(EngineRejected, match=r"sees no pictures: .*--mmproj"):
            await client.reach()


async def test_a_picture_refused_with_500_is_no_passing_trouble() -> None:
    server = LlamaCppServer(vision=False)
    async with asking(server, api="openai") as client:
        with pytest.raises(EngineRejected, match=r"sees no pictures.*mmproj"):
            await answer(client)


async def test_a_model_that_is_still_loaded() -> None:
    async with asking(LlamaCppServer(loading=1)) as client:
        with pytest.raises(EngineStarting, match="still loading its model") as caught:
            await answer(client)
        assert caught.value.status == 503
        assert text_of(await answer(client)) == "A dog runs."


async def test_an_engine_that_turns_out_to_be_deaf() -> None:
    server = LlamaCppServer(audio=True)
    async with asking(server) as client:
        await client.reach()
        server.audio = False
        with pytest.raises(EngineUnavailable, match="audio input is not supported"):
            await answer(client, spoken())
        assert not client.hears


async def test_ollama_takes_only_what_it_knows() -> None:
    server = OllamaServer(capabilities=("completion", "vision", "audio"))
    async with asking(server) as client:
        await client.reach()
        assert client.hears
        await answer(client)
    known = {"model", "messages", "stream", "stream_options", "max_tokens", "reasoning_effort"}
    assert set(server.requests[0]) == known
    assert server.requests[0]["reasoning_effort"] == "none"


async def test_ollama_with_a_model_that_cannot_see() -> None:
    async with asking(OllamaServer("llama3.2:latest", ("completion", "tools"))) as client:
        with pytest.raises(EngineRejected, match=r"llama3.2:latest has no vision: .*ENGINE_MODEL"):
            await client.reach()


async def test_an_old_ollama_that_does_not_tell_capabilities() -> None:
    async with asking(OllamaServer(capabilities=None)) as client:
        assert text_of(await answer(client)) == "A dog runs."


async def test_a_hosted_service_is_told_nothing_of_ours() -> None:
    server = Hosted()
    async with asking(server) as client:
        await answer(client)
        await answer(client)
    assert [sorted(set(body) & {"audio", "pressbox"}) for body in server.requests] == [
        ["audio"], [], [],
    ]  # fmt: skip


async def test_the_other_name_of_the_length_is_tried() -> None:
    server = Hosted(length_field="max_tokens")
    async with asking(server) as client:
        await answer(client, window(1, audio=False, max_tokens=40))
    assert [body.get("max_tokens") for body in server.requests] == [None, 40]


async def test_a_voice_that_a_hosted_model_does_not_know() -> None:
    server = Hosted(speech=True)
    async with asking(server) as client:
        deltas = await answer(client, window(1, voice="amy"))
    assert pcm_of(deltas)
    assert [body["audio"]["voice"] for body in server.requests] == ["amy", "alloy"]


async def test_times_are_told_of_those_pictures_that_are_sent() -> None:
    server = Hosted(images=2, fields=("pressbox",))
    async with asking(server, api="auto") as client:
        await answer(client, window(4, audio=False))
    times = [body["pressbox"]["frame_times"] for body in server.requests]
    assert times == [[-3.0, -2.0, -1.0, 0.0], [-3.0, 0.0]]


async def test_an_unknown_server_on_this_machine_is_told_our_fields_until_it_refuses() -> None:
    server = Hosted()
    async with asking(server, api="auto") as client:
        assert text_of(await answer(client, window(1, audio=False))) == "A dog runs."
        await answer(client, window(1, audio=False))
    assert ["pressbox" in body for body in server.requests] == [True, False, False]
