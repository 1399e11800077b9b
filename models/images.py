"""Pictures in requests: data URIs with JPEG or PNG, checked without decoding them. Pure."""

from __future__ import annotations

import base64
import binascii
import io

import imagesize

from models.errors import invalid, too_large

MAX_IMAGE_BYTES = 8 * 1024 * 1024
MAX_IMAGE_PIXELS = 4096 * 4096

_FORMATS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_HEAD = 1024 * 1024
"""Bytes in which the size must be found: a longer search would hold up the others."""


def read_data_uri(url: str, param: str) -> bytes:
    """The picture's bytes. Raises ApiError that names ``param``."""
    if url.startswith(("http://", "https://")):
        raise invalid(
            "pictures are not fetched from addresses: send data:image/jpeg;base64,...",
            param,
            "unsupported_image_url",
        )
    head, comma, encoded = url.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise invalid(
            "a picture must be a data URI like data:image/jpeg;base64,...", param, "invalid_image"
        )
    if len(encoded) > MAX_IMAGE_BYTES * 4 // 3 + 4:
        raise too_large(f"a picture has at most {MAX_IMAGE_BYTES} bytes", param, "image_too_large")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("the picture is not valid base64", param, "invalid_base64") from None
    size = image_size(data)
    if size is None:
        raise invalid("the data is not a JPEG or PNG picture", param, "invalid_image")
    width, height = size
    if width * height > MAX_IMAGE_PIXELS:
        raise too_large(
            f"a picture of {width}x{height} pixels is too large: at most {MAX_IMAGE_PIXELS} pixels",
            param,
            "image_too_large",
        )
    return data


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the header says, None when it is no JPEG or PNG."""
    if not data.startswith(_FORMATS):
        return None
    try:
        width, height = imagesize.get(io.BytesIO(data[:_HEAD]))
    except ValueError:
        return None
    return (width, height) if width > 0 and height > 0 else None
