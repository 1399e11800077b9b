"""What happens in the hour. Pure data; times are shares of its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Person = Literal["anna", "ben", "carla"]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that one person does.

    at: share of the hour. do: set (settings, by RPC), chat (a text on lk.chat), ask (a question by
    RPC), skip (takes its own questions back, by RPC).
    """

    at: float
    who: Person
    do: Literal["set", "chat", "ask", "skip"]
    what: Any = ""

    @property
    def is_question(self) -> bool:
        """Whether an answer is due; orders by chat get one too, but are no questions."""
        return self.do == "ask" or (self.do == "chat" and str(self.what).endswith("?"))


SHIFTS = (
    *(("people", 0.0), ("cars", 0.25), ("webcam", 0.4)),
    *(("people", 0.6), ("cars", 0.75), ("webcam", 0.85)),
)
"""Films, and from when on."""

RULES: list[dict[str, Any]] = [
    {"name": "visitor", "if": {"appears": "person"}, "severity": "info", "cool_down": 120},
    {"name": "lingering", "if": {"stays": "person", "seconds": 20}, "cool_down": 120},
    {"name": "darkness", "if": {"darkness": True}, "severity": "critical"},
    {"name": "lost", "if": {"source_lost": True}, "severity": "critical"},
    {"name": "red car", "when": "a red car is in the picture", "interval": 10, "cool_down": 300},
]

QUESTIONS = (
    Act(0.03, "anna", "chat", "What do you see?"),
    Act(0.07, "ben", "ask", "How many people are there?"),
    Act(0.11, "carla", "chat", "Is somebody at the table?"),
    Act(0.15, "anna", "chat", "What colour does the person wear?"),
    Act(0.15, "ben", "ask", "Where is the person?"),
    Act(0.19, "carla", "chat", "Who was here before?"),
    Act(0.23, "anna", "ask", "Is it bright or dark?"),
    Act(0.27, "ben", "chat", "What is this place?"),
    Act(0.31, "carla", "ask", "Where does the red car go?"),
    Act(0.36, "anna", "chat", "How many cars have come?"),
    Act(0.36, "ben", "chat", "Which colour was the last car?"),
    Act(0.43, "carla", "chat", "What has changed?"),
    Act(0.48, "anna", "ask", "Is anybody there?"),
    Act(0.53, "ben", "chat", "What happened in the last minute?"),
    Act(0.63, "carla", "chat", "What is on the table?"),
    Act(0.67, "anna", "chat", "Is the person moving?"),
    Act(0.67, "carla", "ask", "What is on the wall?"),
    Act(0.77, "ben", "ask", "Do you see a car?"),
    Act(0.87, "anna", "chat", "What can you do?"),
    Act(0.93, "carla", "chat", "Did I miss anything?"),
)

CHANGES = (
    Act(0.005, "anna", "set", {"rules": RULES}),
    Act(0.09, "anna", "set", {"length": "brief"}),
    Act(0.13, "anna", "set", {"length": "detailed"}),
    Act(0.17, "anna", "set", {"length": None, "preset": "lively"}),
    Act(0.21, "ben", "set", {"profile": "describer"}),
    Act(0.29, "ben", "set", {"profile": "match", "preset": "lively"}),
    Act(0.33, "carla", "set", {"focus": "the red car"}),
    Act(0.38, "carla", "set", {"focus": None, "profile": None, "preset": None}),
    Act(0.46, "anna", "set", {"mode": "idle"}),
    Act(0.50, "anna", "set", {"mode": "active"}),
    Act(0.55, "ben", "set", {"language": "es"}),
    Act(0.57, "carla", "chat", "Tell me everything that you know of this room?"),
    Act(0.5705, "carla", "skip"),
    Act(0.59, "ben", "set", {"language": None}),
    Act(0.61, "anna", "set", {"profile": "guard", "preset": "sentry"}),
    Act(0.69, "anna", "set", {"profile": None, "preset": "calm"}),
    Act(0.73, "carla", "chat", "be brief"),
    Act(0.79, "carla", "chat", "stop"),
    Act(0.82, "carla", "chat", "go on"),
    Act(0.84, "anna", "set", {"preset": None, "length": None}),
    Act(0.90, "ben", "chat", "talk about the table"),
    Act(0.95, "ben", "set", {"focus": None}),
)

ACTS = tuple(sorted((*QUESTIONS, *CHANGES), key=lambda act: act.at))
