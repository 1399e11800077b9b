"""What FFmpeg's errors become."""

from __future__ import annotations

import errno

import av
import pytest

from config.source_address import parse
from ingress.reader.failures import from_av


def raised(code: int) -> av.FFmpegError | OSError:
    """The error that PyAV makes of a code, with an address and a text in it, as FFmpeg has them."""
    with pytest.raises((av.FFmpegError, OSError)) as error:
        av.error.err_check(-code, "rtsp://admin:secret@camera/")
    made = error.value
    assert isinstance(made, av.FFmpegError | OSError)
    return made


def tag(text: bytes) -> int:
    return av.error.tag_to_code(text)


CASES = [
    (tag(b"\xf8401"), "auth", "camera:554 refuses the user name and password"),
    (tag(b"\xf8404"), "not_found", "camera:554 has no such stream"),
    (tag(b"INDA"), "protocol", "what camera:554 sends is no video"),
    (tag(b"EOF "), "ended", "camera:554 has closed the connection"),
    (tag(b"\xf8DEC"), "codec", "camera:554 has no picture that can be decoded"),
    (tag(b"\xf8PRO"), "internal", "camera:554 cannot be read by this installation"),
    (errno.ECONNREFUSED, "refused", "nobody listens at camera:554"),
    (errno.ETIMEDOUT, "no_answer", "camera:554 does not answer"),
    (errno.EHOSTUNREACH, "unreachable", "camera:554 cannot be reached"),
    (errno.EIO, "ended", "camera:554 has closed the connection"),
]


@pytest.mark.parametrize(("code", "kind", "text"), CASES)
def test_errors_of_ffmpeg_in_words_of_our_own(code: int, kind: str, text: str) -> None:
    made = from_av(raised(code), parse("rtsp://admin:secret@camera/secret?token=secret"))
    assert (made.kind, made.text) == (kind, text)
    assert str(made) == text
