"""What can be chosen for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args, get_type_hints

from ...architectures import ARCHITECTURES, Architecture
from ...editing import ACTIVATIONS, edited, kinds_of, with_kinds
from ...errors import UserError
from ...layer_specs import Dropout

Optimizer = Literal["adam", "sgd"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run. The defaults are those of the Keras adaptation.

    Attributes:
        optimizer: "adam" as in Keras, or "sgd" with momentum 0.9 as in the paper.
        weight_decay: with SGD as in the paper, part of the gradient; with Adam as in Keras, apart from it.
        dropout: share of the outputs of relu6 and relu7 that is zeroed in each step.
        activation: the function after each layer with weights but the last, a name of `editing.ACTIVATIONS`.
        augment: whether each picture is moved by up to 4 pixels and mirrored at random.
        precision: of matrix products; weights, gradients and their sums are float32 anyway.
    """

    epochs: int = 10
    batch_size: int = 32
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    dropout: float = 0.5
    activation: str = "relu"
    augment: bool = False
    precision: Precision = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        demands = {
            "epochs": (self.epochs >= 1, "at least 1"),
            "batch_size": (self.batch_size >= 1, "at least 1"),
            "learning_rate": (self.learning_rate > 0, "above 0"),
            "weight_decay": (self.weight_decay >= 0, "at least 0"),
            "dropout": (0 <= self.dropout < 1, "from 0 to below 1"),
            "seed": (0 <= self.seed < 2**31, "from 0 to below 2147483648"),
            "activation": (self.activation in ACTIVATIONS, f"one of {', '.join(ACTIVATIONS)}"),
            "optimizer": (self.optimizer in get_args(Optimizer), "adam or sgd"),
            "precision": (self.precision in get_args(Precision), "float32 or bfloat16"),
        }
        for name, (holds, demand) in demands.items():
            if not holds:
                given = getattr(self, name)
                raise UserError(f"{name.replace('_', ' ').capitalize()} must be {demand}, not {given}.")

    def with_changes(self, changes: Mapping[str, Any]) -> RunSettings:
        """Return the settings with those of `changes` that are not None.

        Raises:
            UserError: a value is not allowed.
        """
        return replace(self, **{name: value for name, value in changes.items() if value is not None})

    def resumed_with(self, changes: Mapping[str, Any]) -> RunSettings:
        """Return the settings of an earlier run, to be continued. Only the number of epochs may change.

        Raises:
            UserError: another setting differs from the run's.
        """
        changed = self.with_changes(changes)
        for name in get_type_hints(RunSettings):
            before, now = getattr(self, name), getattr(changed, name)
            if name != "epochs" and before != now:
                raise UserError(
                    f"The run was begun with {name.replace('_', ' ')} {before}, not {now}. Leave this option "
                    "out to continue it, or begin another run in another --out."
                )
        return changed

    def architecture(self, classes: int) -> Architecture:
        """Return the CIFAR-10 adaptation with this activation function, dropout, and number of classes."""
        base = ARCHITECTURES["alexnet-cifar10"]
        chosen = edited(with_kinds(base, self.activation, kinds_of(base)[1]), {"fc8": {"units": classes}})
        layers = (replace(one, p=self.dropout) if isinstance(one, Dropout) else one for one in chosen.layers)
        return replace(chosen, layers=tuple(layers))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
