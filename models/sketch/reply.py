"""From a request to the sentences of its answer."""

from __future__ import annotations

from models.engine import GenerationRequest
from models.sketch.answers import answer
from models.sketch.faces import Detector
from models.sketch.look import look
from models.sketch.narrator import comment
from models.sketch.pictures import decode


def reply(request: GenerationRequest, detector: Detector) -> list[str]:
    """The sentences, none when nothing is worth saying.

    Raises:
        RefusedError: A picture cannot be decoded.
    """
    images = decode(request.pictures)
    scene = (
        look(images, [picture.time for picture in request.pictures], detector) if images else None
    )
    if request.kind == "answer":
        return answer(scene, request)
    return [] if scene is None else comment(scene, request)
