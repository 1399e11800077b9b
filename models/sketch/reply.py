"""From a request to the sentences of its answer."""

from __future__ import annotations

from models.engine import GenerationRequest
from models.sketch.answers import answer
from models.sketch.eyes import Eyes
from models.sketch.look import look
from models.sketch.narrator import SILENCE, comment
from models.sketch.pictures import decode


def reply(request: GenerationRequest, eyes: Eyes) -> list[str]:
    """The sentences.

    Raises:
        RefusedError: A picture cannot be decoded.
    """
    images = decode(request.pictures)
    scene = None
    if images:
        pictures = eyes.named(request.pictures)
        seen = [picture.objects for picture in pictures]
        scene = look(images, [picture.time for picture in pictures], seen)
    if request.kind == "answer":
        return answer(scene, request)
    return [SILENCE] if scene is None else comment(scene, request)
