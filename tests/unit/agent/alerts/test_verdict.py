"""What engines answer to a yes-or-no question, and what is read from it."""

from __future__ import annotations

import pytest

from agent.alerts.verdict import LONGEST, verdict

READ: list[tuple[str, bool | None, str]] = [
    ("Yes, the gate is open. It is red.", True, "The gate is open."),
    ("**Yes.** A man falls.", True, "A man falls."),
    ("- Yes: a 3.5 m wide gate opens", True, "A 3.5 m wide gate opens"),
    ("The answer is no.", False, ""),
    ("No, I see no gate. Yes, I am sure.", False, ""),
    ("Yes or no: no", False, ""),
    ("Yes and no.", None, ""),
    ("Ja, jemand fällt hin.", True, "Jemand fällt hin."),
    ("Não.", False, ""),
    ("はい、門が開きます。", True, "門が開きます。"),
    ("<think>Yes? It may be. yes.</think>\n\nNo.", False, ""),
    ("yes, no, hm</think>**Yes**, it opens.", True, "It opens."),
    ("<think>Yes, yes, yes, I", None, ""),
    ('{"answer": "yes", "sentence": "The gate opens."}', True, "The gate opens."),
    ('```json\n{"answer": "No"}\n```', False, ""),
    ("<|start|>Yes<|end|>", True, ""),
    ("I can't tell.", None, ""),
    ("yesterday somebody fell", None, ""),
    ("", None, ""),
]


@pytest.mark.parametrize(("answer", "yes", "sentence"), READ)
def test_it_is_read(answer: str, yes: bool | None, sentence: str) -> None:
    found = verdict(answer)
    assert (found.yes, found.sentence) == (yes, sentence)


@pytest.mark.parametrize(
    "text",
    ["<think>" * 100_000, "{" * 1_000_000, "yes " + "." * 1_000_000, "<think>a</think>" * 60_000,
     "Yes. " + "w\x1b[2J\n" * 100_000, "yes or no " * 100_000],
)  # fmt: skip
@pytest.mark.timeout(10)
def test_a_hostile_answer_is_short_and_on_one_line(text: str) -> None:
    found = verdict(text)
    assert len(found.sentence) <= LONGEST
    assert found.sentence.isprintable()
