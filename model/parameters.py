"""The parameters of a computation, numbers and choices, from which widgets and `--set` are built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from .errors import UserError
from .question import Setting

Settings = Mapping[str, Setting]


@dataclass(frozen=True)
class Number:
    """A number within limits.

    Attributes:
        title: what the number means, with its unit.
        default, low, high: the default and the limits.
        step: by which a slider changes it.
    """

    name: str
    title: str
    default: float
    low: float
    high: float
    step: float = 1

    @property
    def usual(self) -> str:
        """Return the default as text: "40"."""
        return f"{self.default:g}"

    @property
    def allowed(self) -> str:
        """Return the limits as text: "from 8 to 120"."""
        return f"from {self.low:g} to {self.high:g}"

    def checked(self, value: Setting, owner: str) -> float:
        """Return the value as a float.

        Raises:
            UserError: it is not a number, or out of the limits; the message names the `owner`.
        """
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not self.low <= number <= self.high:  # also false for NaN
            shown = value if isinstance(value, str) else f"{value:g}"
            raise UserError(f"{self.name} of {owner} must be {self.allowed}, not {shown}.")
        return number


@dataclass(frozen=True)
class Choice:
    """One of several words; the first one is the default.

    Attributes:
        title: what is chosen.
        options: (word, what it means), for example ("blurred", "a blurred copy of the photo").
    """

    name: str
    title: str
    options: tuple[tuple[str, str], ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for word, _ in self.options)

    @property
    def default(self) -> str:
        return self.words[0]

    @property
    def usual(self) -> str:
        return self.default

    @property
    def allowed(self) -> str:
        """Return the words as text: "grey or blurred"."""
        return " or ".join(self.words)

    def checked(self, value: Setting, owner: str) -> str:
        """Return the value if it is one of the words.

        Raises:
            UserError: it is not one of the words; the message names the `owner`.
        """
        if value not in self.words:
            raise UserError(f"{self.name} of {owner} must be {self.allowed}, not {value}.")
        return str(value)


Parameter = Number | Choice


@overload
def completed(owner: str, parameters: Sequence[Number], settings: Settings | None) -> Mapping[str, float]: ...


@overload
def completed(
    owner: str, parameters: Sequence[Parameter], settings: Settings | None
) -> Mapping[str, Setting]: ...


def completed(
    owner: str, parameters: Sequence[Parameter], settings: Settings | None
) -> Mapping[str, Setting]:
    """Return a value for every parameter: the one in `settings`, or else the default.

    For example `completed("Occlusion", METHOD.parameters, {"window": 20})` is `{"window": 20.0, "stride":
    16.0, "fill": "grey", "grey": 118.0}`.

    Args:
        owner: what the parameters belong to, for messages.

    Raises:
        UserError: there is no such parameter, or its value is not allowed.
    """
    known = {parameter.name: parameter for parameter in parameters}
    given = dict(settings or {})
    for name in given:
        if name not in known:
            has = f"It has: {', '.join(known)}." if known else "It has none."
            raise UserError(f"{owner} has no parameter '{name}'. {has}")
    return {
        name: parameter.checked(given.get(name, parameter.default), owner)
        for name, parameter in known.items()
    }
