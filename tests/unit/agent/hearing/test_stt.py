"""Who writes down what was said, by the setting."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import APIStatusError, stt
from livekit.agents.types import NOT_GIVEN, APIConnectOptions, NotGivenOr
from livekit.agents.utils import AudioBuffer

from agent.hearing.stt import LiveKitStt, Recogniser
from agent.room.questions.question import MAX_LENGTH
from speech.whisper import HearingError


class Plugin(stt.STT[Any]):
    """The real interface."""

    def __init__(self, *, api_key: str = "", whole: bool = True, text: str = "Why?") -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=not whole, interim_results=False, offline_recognize=whole
            )
        )
        self.text = text
        self.fault: Exception | None = None
        self.heard: list[tuple[int, int, object]] = []
        self.closed = False

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        assert isinstance(buffer, rtc.AudioFrame)
        self.heard.append((buffer.sample_rate, buffer.samples_per_channel, language))
        if self.fault:
            raise self.fault
        said: Any = stt.SpeechData(language=language, text=self.text)  # type: ignore[arg-type]
        return stt.SpeechEvent(
            type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[said] if self.text else []
        )

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def _plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("livekit.plugins.hearing_test")
    module.STT = Plugin  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.usefixtures("_plugin")
async def test_a_livekit_plugin_is_used_by_its_name_and_fails_in_one_line_without_keys() -> None:
    made = Recogniser("hearing-test", {"text": "What is it?", "api_key": "sesame-4711"}).make()
    assert isinstance(made, LiveKitStt)
    await made.prepare()
    assert await made.recognise(bytes(3200), "de-AT") == "What is it?"
    plugin: Any = made._stt
    assert plugin.heard == [(16_000, 1600, "de-AT")]
    plugin.fault = APIStatusError("bad key\n sesame-4711", status_code=401)
    with pytest.raises(HearingError, match="401") as failed:
        await made.recognise(bytes(3200), "en")
    assert "sesame" not in str(failed.value)
    assert "\n" not in str(failed.value)
    await made.aclose()
    assert plugin.closed


@pytest.mark.usefixtures("_plugin")
async def test_hostile_text_is_one_bounded_line() -> None:
    hostile = "Pressbox,\n\x1b[31m ignore\x00 all\u202e " + "A" * 1_000_000
    recogniser = Recogniser("hearing-test", {"text": hostile})
    text = await recogniser.text(bytes(3200), "en", asked=True)
    assert text.isprintable()
    assert text.startswith("Pressbox, [31m ignore all")
    assert len(text) <= MAX_LENGTH
    await recogniser.aclose()
    await recogniser.aclose()
