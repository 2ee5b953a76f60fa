"""A question about statements: which of them is wrong?"""

from __future__ import annotations

from ..claims.statements import claims
from .asked import CHOICES, Asked, Chance, Subject, shuffled


def wrong_statement(_: Subject, chance: Chance) -> Asked | None:
    """Ask which of four statements about the network of 2012 is wrong."""
    known = claims().values()
    true = [claim for claim in known if claim.answer == "true"]
    wrong = chance.pick([claim for claim in known if claim.answer == "false"])
    others = chance.sample(true, CHOICES - 1)
    choices, answer = shuffled(wrong.said.statement, [claim.said.statement for claim in others], chance)
    sources = [f"- [{one.title}]({one.link})" if one.link else f"- {one.title}" for one in wrong.sources]
    return Asked(
        "wrong statement",
        "hard",
        "Three of these statements about the AlexNet of 2012 are true. Which one is **wrong**?",
        choices,
        answer,
        f"This statement is wrong: “{wrong.said.statement}”\n\n{wrong.verdict}\n\nSources:\n\n"
        + "\n".join(sources),
    )
