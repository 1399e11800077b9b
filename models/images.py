"""Pictures in requests: data URIs with JPEG or PNG, checked without decoding them. Pure."""

from __future__ import annotations

import base64
import binascii
import struct

from models.errors import ApiError, invalid

MAX_IMAGE_BYTES = 8 * 1024 * 1024
MAX_IMAGE_PIXELS = 4096 * 4096

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# Markers that carry the size (ITU T.81, table B.1): SOF0..SOF15 without DHT, JPG and DAC.
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})


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
        raise _too_large(f"a picture has at most {MAX_IMAGE_BYTES} bytes", param)
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("the picture is not valid base64", param, "invalid_base64") from None
    size = image_size(data)
    if size is None:
        raise invalid("the data is not a JPEG or PNG picture", param, "invalid_image")
    width, height = size
    if width * height > MAX_IMAGE_PIXELS:
        raise _too_large(
            f"a picture of {width}x{height} pixels is too large: at most {MAX_IMAGE_PIXELS} pixels",
            param,
        )
    return data


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the header says, None when it is no JPEG or PNG."""
    size = None
    if data.startswith(_PNG) and len(data) >= 24:
        size = struct.unpack(">II", data[16:24])
    elif data.startswith(_JPEG):
        size = _jpeg_size(data)
    return None if size is None or 0 in size else (int(size[0]), int(size[1]))


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _STANDALONE:
            at += 2
        elif marker in _SOF:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def _too_large(message: str, param: str) -> ApiError:
    return ApiError(413, message, code="image_too_large", param=param)
