"""From a prompt to what the model reads, through its processor and its own chat template.

What a processor can do is found out by looking at it, never from the name of a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from models.engine import EngineStartError
from models.runtime.parts import Frame, Part, Prompt

_ONE_TILE: dict[str, object] = {
    "crop_to_patches": False,
    "do_image_splitting": False,
    "do_pan_and_scan": False,
    "max_image_tiles": 1,
    "max_slice_nums": 1,
    "max_tiles": 1,
    "min_tiles": 1,
    "slice_mode": False,
}
"""Switches by which processors cut a picture into several; each has some of these or none."""
_MARK = "Persona-7313"

Message = dict[str, Any]
_Style = Callable[[str, list[Message]], list[Message]]


class Reader:
    """Prepares prompts for one model. Used from one thread."""

    def __init__(self, processor: Any) -> None:
        """Raises EngineStartError when it is none that can hold a conversation with pictures."""
        if getattr(processor, "image_processor", None) is None:
            raise EngineStartError("the model's processor takes no pictures")
        template = processor.chat_template or processor.tokenizer.chat_template
        if not template:
            raise EngineStartError(
                "the model has no chat template: take its variant for conversation (Instruct)"
            )
        one_tile(processor.image_processor)
        _one_tile_defaults(processor)
        self._processor = processor
        # A model that would think aloud first is asked not to: nobody wants to hear that.
        self._options = {"enable_thinking": False} if "enable_thinking" in str(template) else {}
        self._special = special_pattern(processor.tokenizer.added_tokens_decoder.values())
        self._style = self._found_style()

    @property
    def tokenizer(self) -> Any:
        return self._processor.tokenizer

    def count_tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False)) if text else 0

    def inputs(self, prompt: Prompt) -> dict[str, Any]:
        """Tensors for the model: input_ids of shape (1, tokens), and those of the pictures."""
        read = self._processor.apply_chat_template(
            self._messages(prompt),
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            **self._options,
        )
        return dict(read)

    def picture_inputs(self, frame: Frame) -> dict[str, Any]:
        """The same for one picture with no words."""
        return self.inputs(Prompt((), (frame,)))

    def _messages(self, prompt: Prompt) -> list[Message]:
        content = [self._content(part) for part in prompt.user]
        system = "\n".join(part for part in prompt.system if isinstance(part, str))
        if not system:
            return [_user(content)]
        return self._style(self._clean(system), content)

    def _content(self, part: Part) -> Message:
        if isinstance(part, Frame):
            return {"type": "image", "image": Image.fromarray(part.rgb)}
        if isinstance(part, str):
            return _text(self._clean(part))
        raise TypeError("this model hears nothing")

    def _clean(self, text: str) -> str:
        """No special token in it: a space after its first character makes it ordinary text."""
        return self._special.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    def _found_style(self) -> _Style:
        """How this template takes a persona: as a system message, or before the user's words."""
        for style in (_listed_system, _plain_system):
            try:
                rendered = self._processor.apply_chat_template(
                    style(_MARK, [_text("Hello.")]), add_generation_prompt=True, tokenize=False
                )
            except Exception:  # noqa: S112 - templates raise what they like for what they lack
                continue
            if _MARK in rendered:
                return style
        return _no_system


def one_tile(image_processor: Any) -> None:
    """Sets a processor so that each picture stays in one piece, at its natural small size."""
    for name, value in _ONE_TILE.items():
        if getattr(image_processor, name, None) is not None:
            setattr(image_processor, name, value)
    tile = _longest_edge(getattr(image_processor, "max_image_size", None))
    if tile and _longest_edge(getattr(image_processor, "size", None)):
        image_processor.size = type(image_processor.size)(longest_edge=tile)
    grids = getattr(image_processor, "image_grid_pinpoints", None)
    if grids:
        image_processor.image_grid_pinpoints = [min(grids, key=lambda grid: grid[0] * grid[1])]


def _one_tile_defaults(processor: Any) -> None:
    """The same for what some processors tell their image processor with each call."""
    given = getattr(processor, "images_kwargs", None)
    if isinstance(given, dict):
        switches = {name: value for name, value in _ONE_TILE.items() if name in given}
        processor.images_kwargs = given | switches


def special_pattern(tokens: Any) -> re.Pattern[str]:
    """Finds the special tokens of a tokenizer in a text; words and white space are none."""
    texts = {str(token) for token in tokens}
    found = sorted((text for text in texts if _is_special(text)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found)) or r"(?!)")


def _is_special(text: str) -> bool:
    return len(text) > 1 and not text.isspace() and not text[0].isalnum()


def _longest_edge(size: Any) -> int:
    found = size.get("longest_edge") if hasattr(size, "get") else None
    if found is None:
        found = getattr(size, "longest_edge", None)
    return int(found or 0)


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


def _user(content: Sequence[Message]) -> Message:
    return {"role": "user", "content": list(content)}


def _listed_system(persona: str, content: list[Message]) -> list[Message]:
    return [{"role": "system", "content": [_text(persona)]}, _user(content)]


def _plain_system(persona: str, content: list[Message]) -> list[Message]:
    return [{"role": "system", "content": persona}, _user(content)]


def _no_system(persona: str, content: list[Message]) -> list[Message]:
    return [_user([_text(persona + "\n\n"), *content])]
