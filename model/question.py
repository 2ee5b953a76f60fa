"""What an attribution is asked for. No PyTorch, so that pages can ask without loading it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A method, a target, a layer and settings: all that an attribution of a photo depends on.

    For example `Question("smoothgrad", 281, settings=(("samples", 25.0),))`.

    Attributes:
        method: the name of one of the `METHODS`.
        target: index of the class whose logit is explained.
        layer: the layer whose feature maps the method uses; None for methods that use none, and, until
            `complete` has filled it in, for the last convolution's ReLU.
        settings: (name, value) of the method's parameters; `complete` adds those that are left out.
    """

    method: str
    target: int
    layer: str | None = None
    settings: tuple[tuple[str, float], ...] = ()

    @property
    def used_layer(self) -> str:
        """The layer of a complete question whose method uses one."""
        assert self.layer, "`complete` has filled it in"
        return self.layer

    def __getitem__(self, name: str) -> float:
        """Return the value of one setting."""
        return dict(self.settings)[name]
