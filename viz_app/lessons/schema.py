"""The parts of a lesson. Pydantic checks their types, and names the field of every mistake."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=3000)]
# A list of choices is written as in an address: "grad-cam,saliency".
Choice = Annotated[
    Line, BeforeValidator(lambda value: ",".join(map(str, value)) if isinstance(value, list) else value)
]
Key = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9_-]*$")]


class _Part(BaseModel):
    # An unknown name is a mistake: mostly a known one that is misspelled.
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Part):
    """A question for the class.

    Attributes:
        ask: the question itself.
        choices: the answers to choose from; empty if students answer in their own words.
        answer: the right one of the choices; if there are none, a good answer.
        because: why the answer is right, shown with it.
    """

    ask: Prose
    choices: Annotated[tuple[Line, ...], Field(max_length=6)] = ()
    answer: Prose
    because: Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000)] = ""

    @model_validator(mode="after")
    def _answer_is_a_choice(self) -> Self:
        if len(self.choices) == 1:
            raise ValueError("one choice leaves nothing to choose: give two to six, or none")
        if len(set(self.choices)) < len(self.choices):
            raise ValueError("two choices are the same: change or delete one")
        if self.choices and self.answer not in self.choices:
            given = ", ".join(f'"{choice}"' for choice in self.choices)
            raise ValueError(f'the answer "{self.answer}" is none of the choices: write one of {given}')
        return self


class Stop(_Part):
    """A stop of a lesson: a page with certain choices, and a text that says what to look at.

    Attributes:
        title: a few words.
        page: name of the page in the address, such as "feature_maps".
        state: choices on the page, as written in the address: {"layer": "conv1", "channel": "12"}.
        text: two to six sentences in Markdown that say what to look at.
        highlight: key of the element on the page that the text is about.
    """

    title: Line
    page: Key
    state: dict[str, Choice] = {}
    text: Prose
    highlight: Key = ""
    question: Question | None = None


class Lesson(_Part):
    """A lesson.

    Attributes:
        title: a few words.
        minutes: how long it takes with a class.
        summary: one or two sentences that say what students learn.
        stops: the stops in order.
    """

    title: Line
    minutes: Annotated[int, Field(ge=1, le=300)]
    summary: Prose
    stops: Annotated[tuple[Stop, ...], Field(min_length=1, max_length=60)]
