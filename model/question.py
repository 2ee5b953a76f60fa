"""The question that an attribution answers. Nothing here imports PyTorch, so that pages can use it."""

from __future__ import annotations

from dataclasses import dataclass

Setting = float | str
"""The value of one parameter: a number, or one of several words."""

Settings = tuple[tuple[str, Setting], ...]
"""(name, value) of parameters; hashable, so that results can be kept by it."""


@dataclass(frozen=True)
class Question:
    """A method, a target, a layer and settings: all that an attribution of a photo depends on.

    For example `Question("smoothgrad", 281, settings=(("samples", 25.0),))`.

    Attributes:
        method: name of the attribution method.
        target: index of the class whose logit is explained.
        layer: the layer whose feature maps the method uses; None if the method uses none. In a question that
            is not complete, None also stands for the last convolution's ReLU.
        settings: (name, value) of the method's parameters; `complete` adds the defaults of all others.
    """

    method: str
    target: int
    layer: str | None = None
    settings: Settings = ()

    @property
    def used_layer(self) -> str:
        """Return the layer of a complete question; its method must use one."""
        assert self.layer, "`complete` fills the layer in"
        return self.layer

    def number(self, name: str) -> float:
        """Return the value of a setting that is a number."""
        value = dict(self.settings)[name]
        assert not isinstance(value, str), f"{name} is a choice"
        return value

    def choice(self, name: str) -> str:
        """Return the value of a setting that is one of several words."""
        return str(dict(self.settings)[name])
