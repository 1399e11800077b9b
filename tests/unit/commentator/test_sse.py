from __future__ import annotations

import base64
from typing import Any

import pytest

from agent.commentator.engine.chunks import Delta, GarbageError, parse_chunk


def chunk(delta: Any, finish: Any = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


@pytest.mark.parametrize(
    ("data", "deltas"),
    [
        (chunk({"content": "Hi"}), [Delta(text="Hi")]),
        (chunk({"content": None}), [Delta()]),
        (chunk(None, "stop"), [Delta(finish="stop")]),
        (chunk({"audio": None}), [Delta()]),
        (chunk({"audio": {"data": base64.b64encode(b"abc").decode()}}), [Delta(pcm=b"abc")]),
        (chunk({"audio": {"transcript": "Hi"}}), [Delta(transcript="Hi")]),
        ({"choices": []}, []),
        ({}, []),
        (
            {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
            [Delta(prompt_tokens=3, completion_tokens=4)],
        ),
        ({"choices": [], "usage": {"prompt_tokens": "x"}}, [Delta()]),
    ],
)
def test_what_a_chunk_says(data: dict[str, Any], deltas: list[Delta]) -> None:
    assert parse_chunk(data) == deltas


@pytest.mark.parametrize(
    "data",
    [
        None,
        7,
        "text",
        [1],
        {"choices": "x"},
        {"choices": [7]},
        chunk("x"),
        chunk({"content": 7}),
        chunk({"audio": "x"}),
        chunk({"audio": {"data": 7}}),
        chunk({"audio": {"data": "!!!"}}),
        chunk({}, 7),
    ],
)
def test_garbage_is_named(data: object) -> None:
    with pytest.raises(GarbageError):
        parse_chunk(data)
