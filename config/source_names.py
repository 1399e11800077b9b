"""Names by which the participant of a source and the booth know one another."""

from __future__ import annotations

INGRESS_ATTRIBUTE = "pressbox.ingress"
"""Participant attribute: compact JSON of what the ingress knows of its source; see
`ingress.report`.
"""

MODEL_TRACK = "model"
"""Name of the second, small video track of an ingress: for the engine's eyes only."""

FEED_IDENTITIES = tuple(f"pressbox-http-{number}" for number in range(8))
"""As whom the side HTTP server is in a room, one of them for each server. LiveKit lets some seconds
pass until it tells of somebody who publishes nothing, so an ingress lets them in beforehand.
"""
