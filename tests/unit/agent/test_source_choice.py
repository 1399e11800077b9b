"""Which track the booth watches."""

from __future__ import annotations

from agent.picture.source_choice import Candidate, choose


def camera(
    identity: str, order: int, *, muted: bool = False, screen: bool = False, agent: bool = False
) -> Candidate:
    return Candidate(f"TR_{identity}_{order}", identity, order, muted, screen, agent)


def chosen(*candidates: Candidate, wanted: str = "") -> str:
    found = choose(candidates, wanted)
    return found.sid if found else ""


def test_the_newest_camera_wins() -> None:
    assert chosen(camera("a", 1), camera("b", 3), camera("c", 2)) == "TR_b_3"


def test_a_camera_that_is_switched_off_yields() -> None:
    assert chosen(camera("a", 1), camera("b", 2, muted=True)) == "TR_a_1"
    assert chosen(camera("b", 2, muted=True)) == "TR_b_2"


def test_a_camera_comes_before_a_newer_screen() -> None:
    assert chosen(camera("a", 1), camera("b", 2, screen=True)) == "TR_a_1"
    assert chosen(camera("b", 2, screen=True)) == "TR_b_2"


def test_agents_are_watched_only_by_name() -> None:
    assert chosen(camera("agent-1", 5, agent=True)) == ""
    assert chosen(camera("agent-1", 5, agent=True), wanted="agent-1") == "TR_agent-1_5"


def test_a_named_source_is_the_only_one() -> None:
    assert chosen(camera("a", 1), camera("b", 2), wanted="a") == "TR_a_1"
    assert chosen(camera("b", 2), wanted="a") == ""


def test_the_engines_own_small_picture_is_never_shown() -> None:
    small = Candidate("TR_small", "a", 9, False, False, False, model=True)
    assert chosen(camera("a", 1), small) == "TR_a_1"
    assert chosen(small) == ""
    assert chosen(small, wanted="a") == ""
