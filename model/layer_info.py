"""The facts about a layer that `layers.describe` computes: shapes, costs and receptive field."""

from __future__ import annotations

from dataclasses import dataclass

from .layer_specs import LayerType
from .sizes import Rounding, overhang, window_span

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerInfo:
    """A layer's shapes, costs and receptive field, for one photo.

    Attributes:
        input_shape, output_shape: (channels, height, width), or (units,) from flatten on.
        kernel_size, stride, padding, groups, dilation: None if the layer has no such thing.
        parameters: weights and biases.
        macs: multiply-accumulate operations of convolutions and fully connected layers; additions
            of biases, pooling, ReLU and LRN are not counted. One MAC is two FLOPs.
        activation_bytes: size of the output in float32.
        receptive_field: side in input pixels of the square that one activation depends on, without the
            border of the input. A fully connected layer counts as a convolution over all of its input.
        jump: distance in input pixels between the receptive fields of two neighbouring activations.
        formula: the formula for the output's size, with this layer's numbers.
        rounding: how the output's size is rounded; None if the layer has no windows.
    """

    name: str
    type: LayerType
    input_shape: Shape
    output_shape: Shape
    kernel_size: int | None
    stride: int | None
    padding: int | None
    groups: int | None
    parameters: int
    macs: int
    activation_bytes: int
    receptive_field: int
    jump: int
    formula: str
    dilation: int | None = None
    rounding: Rounding | None = None

    @property
    def overhang(self) -> int:
        """Return by how many rows and columns the last window reaches beyond the padded input."""
        if self.rounding is None:
            return 0
        return overhang(self.input_shape[1], self.span, self.stride or 1, self.padding or 0, self.rounding)

    @property
    def span(self) -> int:
        """Return the width of the window over the input, dilation included; 1 if there is no kernel."""
        return window_span(self.kernel_size or 1, self.dilation or 1)

    @property
    def is_spatial(self) -> bool:
        """Return whether the output has height and width."""
        return len(self.output_shape) == 3

    @property
    def weight_shape(self) -> Shape | None:
        """Return (out, in per group, height, width) or (out, in); None if the layer has no weights."""
        if not self.parameters:
            return None
        if self.kernel_size is None:
            return (self.output_shape[0], self.input_shape[0])
        per_group = self.input_shape[0] // (self.groups or 1)
        return (self.output_shape[0], per_group, self.kernel_size, self.kernel_size)
