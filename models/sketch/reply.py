"""From a request to the sentences of its answer."""

from __future__ import annotations

import re
from dataclasses import replace

from models.engine import GenerationRequest
from models.sketch import words
from models.sketch.answers import answer
from models.sketch.eyes import Eyes
from models.sketch.look import look
from models.sketch.narrator import SILENCE, comment
from models.sketch.pictures import decode

_IN_VIEW = re.compile(r"In view: (.*)\n?")
_SINCE = re.compile(r"\d+ ([a-z ]+) \(for (\d{1,6}) s\)")


def reply(request: GenerationRequest, eyes: Eyes) -> list[str]:
    """The sentences.

    Raises:
        RefusedError: A picture cannot be decoded.
    """
    images = decode(request.pictures)
    scene = None
    in_view = _IN_VIEW.match(request.text)
    since: dict[str, float] = {}
    if in_view:
        since = {words.noun(name): float(time) for name, time in _SINCE.findall(in_view[1])}
        request = replace(request, text=request.text[in_view.end() :])
    if images:
        pictures = eyes.named(request.pictures)
        seen = [picture.objects for picture in pictures]
        scene = look(images, [picture.time for picture in pictures], seen)
    if request.kind == "answer":
        return answer(scene, request, since)
    return [SILENCE] if scene is None else comment(scene, request, since)
