"""Names by which the participant of a source and the booth know one another."""

from __future__ import annotations

INGRESS_ATTRIBUTE = "pressbox.ingress"
"""Participant attribute: compact JSON of what the ingress knows of its source; see
`ingress.report`.
"""

MODEL_TRACK = "model"
"""Name of the second, small video track of an ingress: for the engine's eyes only."""

FEED_IDENTITIES = tuple(f"pressbox-http-{number}" for number in range(8))
"""Who of the side HTTP server watches a room, one of them for each server: a hidden participant.
Nobody is told when such a one joins, so an ingress lets in whoever has one of these identities.
"""
