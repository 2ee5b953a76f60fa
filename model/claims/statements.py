"""The statements about AlexNet, the truth about each, and its sources. Nothing here needs PyTorch."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..errors import look_up

FOLDER = Path(__file__).parent
GROUPS = {
    "shapes": "Shapes and arithmetic",
    "order": "Order of layers, and towers",
    "techniques": "Techniques",
    "history": "History and results",
    "judgements": "Judgements",
}
"""Titles of the groups; each group is a file."""

Answer = Literal["true", "false", "depends"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(_Part):
    """A statement, and who makes it.

    Attributes:
        statement: one sentence.
        by: "many explanations", "the paper, section 3.3", "the authors' program".
    """

    statement: Line
    by: Line


class Source(_Part):
    """Where the truth can be looked up.

    Attributes:
        title: what it is: "Krizhevsky et al. 2012, section 5".
        link: its address; "" if there is none, as for "counted here".
    """

    title: Line
    link: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$")] = ""


class Claim(_Part):
    """A statement about AlexNet that is often made, and the truth about it.

    Attributes:
        name: used in addresses: "input-227".
        said: the statement.
        against: other statements that contradict it.
        answer: whether it is true, false, or depends on something.
        verdict: what is true, and why, in two to six sentences of Markdown.
        sources: where the verdict can be looked up.
        try_this: what to change in the figure, or a question to think about; "" if there is nothing.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    said: Said
    against: tuple[Said, ...] = ()
    answer: Answer
    verdict: Prose
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    try_this: Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)] = ""


@cache
def claims_of(group: str) -> tuple[Claim, ...]:
    """Return the claims of a group in order.

    Raises:
        UserError: there is no such group.
    """
    look_up(GROUPS, group, "group of claims")
    content = yaml.safe_load((FOLDER / f"{group}.yaml").read_text("utf-8"))
    return tuple(Claim.model_validate(one) for one in content)


@cache
def claims() -> dict[str, Claim]:
    """Return all claims by name, group by group."""
    return {claim.name: claim for group in GROUPS for claim in claims_of(group)}


def group_of(name: str) -> str:
    """Return the group to which a claim belongs.

    Raises:
        UserError: there is no such claim.
    """
    look_up(claims(), name, "claim")
    return next(group for group in GROUPS if any(claim.name == name for claim in claims_of(group)))
