"""What is asked, and what is said, of a rule. Pure."""

from __future__ import annotations

from config.alert_rule import Condition, Rule

_SAID = {
    "motion": "Something moves.",
    "darkness": "It has got dark.",
    "light": "It has got light.",
    "cut": "The picture is another one.",
    "source_lost": "The source gives no picture any more.",
}


def question(rule: Rule) -> str:
    """What an engine is asked, to judge a rule in plain words."""
    what = rule.when.replace('"', "'").replace("?", "")
    return (
        f'Answer yes or no: "{what}"? If yes, say in one short sentence what you see. Yes means '
        "that it happens just now, or is so in the newest picture. If the pictures do not show it, "
        "answer no."
    )


def sentence(rule: Rule) -> str:
    """What is said where neither the rule nor the engine has words of its own."""
    if rule.if_ is None:
        return f"{rule.when[:1].upper()}{rule.when[1:].rstrip(' .!?')}."
    return _of_condition(rule.if_)


def _of_condition(condition: Condition) -> str:
    name = "object" if condition.thing == "anything" else condition.thing
    one = f"{'an' if name[:1] in 'aeiou' else 'a'} {name}".capitalize()
    if condition.appears:
        return f"{one} is there."
    if condition.stays:
        return f"{one} has been there for {condition.seconds:g} seconds."
    if condition.leaves:
        who = {"person": "Nobody", "object": "Nothing"}.get(name, f"No {name}")
        return f"{who} is there any more."
    if condition.still is not None:
        return f"Nothing has moved for {condition.still:g} seconds."
    return _SAID[condition.kind]
