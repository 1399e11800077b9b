"""What the model says here, held against what the checkpoint's own loop says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from models.engine import EngineError
from models.minicpmo.attention import use_sdpa
from models.minicpmo.remote_code import remote_code
from models.runtime.parts import Frame, Prompt, Sound
from tests.minicpmo.asking import FREE, LONG, Asking, frame, prompt, sound

VOICE = sound(1.5, pitch=150)
PROMPTS = {
    "text": prompt("What is new?"),
    "no system": prompt("What is new?", system=()),
    "frames": prompt("Two pictures.\n", frame("red"), frame("blue"), "\nWhat is there?"),
    "voice": prompt(frame("green"), "What is there?", system=("Speak like this.", VOICE, "Yes.")),
    "question": prompt("Listen.\n", sound(1.035), "\nWhat was that?"),
}


@pytest.fixture(scope="session")
def own(checkpoint_folder: Path) -> Any:
    """The model without anything of ours but the attention."""
    import transformers

    gpu = torch.cuda.is_available()
    with remote_code(checkpoint_folder) as path:
        model = transformers.AutoModel.from_pretrained(
            path,
            trust_remote_code=True,
            attn_implementation="sdpa",
            torch_dtype=torch.bfloat16 if gpu else torch.float32,
            init_tts=False,
        )
        model.processor = transformers.AutoProcessor.from_pretrained(path, trust_remote_code=True)
    use_sdpa(model)
    return model.to("cuda" if gpu else "cpu").eval()


def own_words(model: Any, asked: Prompt, tokens: int) -> str:
    """As its authors call it."""
    model.reset_session()
    turns = [("system", asked.system)] * bool(asked.system) + [("user", asked.user)]
    for role, parts in turns:
        content = [_own_content(part) for part in parts]
        model.streaming_prefill(
            "own", [{"role": role, "content": content}], is_last_chunk=role == "user"
        )
    pieces = model.streaming_generate(
        "own",
        generate_audio=False,
        do_sample=False,
        max_new_tokens=tokens,
        temperature=1.0,
        repetition_penalty=1.02,
    )
    text = "".join(str(piece) for piece, _finished in pieces)
    for name in model.processor.tokenizer.get_added_vocab():
        text = text.replace(name, "")
    return text.lstrip()


def _own_content(part: Any) -> Any:
    if isinstance(part, Sound):
        return part.samples
    if isinstance(part, Frame):
        from PIL import Image

        return Image.fromarray(part.rgb)
    return part


@pytest.mark.parametrize("kind", PROMPTS)
def test_text_is_what_the_checkpoints_own_loop_makes(asking: Asking, own: Any, kind: str) -> None:
    """With speech and without."""
    said = asking.ask(PROMPTS[kind], 40)
    assert said.text
    assert said.text == own_words(own, PROMPTS[kind], 40)
    assert said.text != asking.ask(prompt("Well?"), 40).text
    spoken = asking.ask(PROMPTS[kind], 40, speech=True)
    assert (spoken.text, spoken.notices) == (said.text, [])
    assert spoken.speech


@pytest.mark.parametrize(("seconds", "tokens"), [(0.3, 12), (1.0, 12), (1.2, 24), (5.3, 72)])
def test_spoken_questions_of_any_length(asking: Asking, seconds: float, tokens: int) -> None:
    silent = asking.ask(prompt("Listen.", "What was that?"), 5).end
    heard = asking.ask(prompt("Listen.", sound(seconds), "What was that?"), 5).end
    assert abs(heard.prompt_tokens - silent.prompt_tokens - tokens) <= 1
    assert heard.completion_tokens == 5


def test_characters_of_several_tokens_come_whole(asking: Asking, tiny: None) -> None:
    words = "Grüße aus 東京 😀 mañana"
    said = asking.ask(prompt("SAY " + words), 200, speech=True)
    assert (said.text, said.end.reason) == (words, "stop")
    assert "\ufffd" not in "|".join(said.texts)
    assert asking.ask(prompt("SAY 東京"), 4).text == "東\ufffd", "cut by the cap"


@pytest.mark.parametrize("speech", [False, True])
@pytest.mark.parametrize("tokens", [1, 11, 22])
def test_the_cap_is_exact(asking: Asking, tokens: int, speech: bool) -> None:
    said = asking.ask(prompt(LONG), tokens, speech=speech)
    assert (said.end.completion_tokens, said.end.reason) == (tokens, "length")
    assert bool(said.speech) == speech


@pytest.mark.parametrize("speech", [False, True])
@pytest.mark.parametrize("tokens", [0, 11])
def test_a_turn_may_end_at_any_token(asking: Asking, tokens: int, speech: bool) -> None:
    """Also before the first one, which is an error in the checkpoint's code."""
    asking.end_after(tokens)
    said = asking.ask(prompt("Who?"), 50, speech=speech)
    assert (said.end.completion_tokens, said.end.reason) == (tokens, "stop")
    assert said.notices == []
    assert bool(said.speech) == (speech and bool(said.text))


def test_the_same_seed_the_same_words(asking: Asking) -> None:
    def ask(seed: int | None, temperature: float = 1.0) -> str:
        return asking.ask(prompt(FREE), 30, seed=seed, temperature=temperature).text

    assert ask(1) == ask(1)
    assert ask(1) != ask(2)
    assert len({ask(None) for _ in range(3)}) > 1
    assert ask(1, 0.0) == ask(2, 0.0)


def test_prompts_that_cannot_be_taken(asking: Asking) -> None:
    with pytest.raises(EngineError, match=r"0\.25 s"):
        asking.model.prefill(prompt(sound(0.1)))
    with pytest.raises(EngineError, match="one spoken question"):
        asking.model.prefill(prompt(sound(1), sound(1)))
    assert asking.ask(prompt("Who?"), 2).end.completion_tokens == 2


def test_speech_comes_in_seconds_of_24_khz(asking: Asking) -> None:
    lengths = [len(piece) for piece in asking.ask(prompt(LONG), 40, speech=True).speech]
    assert len(lengths) > 1
    assert set(lengths[:-1]) == {24_000}
    assert 0 < lengths[-1] <= 28 * 960
