"""`python -m web link`: print an address with which somebody may watch a room for a while."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from config.page_address import page_for_others
from config.settings import load_settings
from config.viewer_links import LONGEST, ViewerLinks, link


def address(words: Sequence[str]) -> str:
    """The link. Raises SettingsError and AdminTokenError; exits for wrong words."""
    parser = argparse.ArgumentParser(prog="python -m web link", description=__doc__)
    parser.add_argument("--room", default="", help="the room (default: ROOM)")
    parser.add_argument("--hours", type=_hours, default=24.0, help="how long it lasts (24)")
    parser.add_argument("--page", default="", help="the page as viewers know it: https://host")
    parser.add_argument(
        "--steer", action="store_true", help="it may also change the room: settings, rules, orders"
    )
    given = parser.parse_args(words)
    settings = load_settings()
    room = given.room or settings.room
    token = ViewerLinks(settings).make(room, given.hours, steer=given.steer)
    return link(given.page or page_for_others(settings), room, token)


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= LONGEST:
        raise argparse.ArgumentTypeError(f"more than 0, at most {LONGEST}")
    return hours
