"""Compute the output size of a convolution or pooling, as a number and as a formula.

Source: Dumoulin and Visin, "A guide to convolution arithmetic" (2016).
"""

from __future__ import annotations

from typing import Literal

Rounding = Literal["floor", "ceil"]
"""How a size that is not whole is rounded: down, as today, or up, as in the authors' program."""


def conv_size(
    size: int, kernel_size: int, stride: int, padding: int = 0, rounding: Rounding = "floor"
) -> int:
    """Return the output size along one axis: (n + 2p - k) / s + 1, rounded down or up.

    conv_size(227, 11, 4) -> 55. Zero or less means that the kernel does not fit.

    >>> conv_size(227, kernel_size=11, stride=4)  # conv1 of the paper
    55
    >>> conv_size(224, kernel_size=11, stride=4)  # 53.25, rounded down, and 1
    54
    >>> conv_size(224, kernel_size=11, stride=4, rounding="ceil")  # the authors' program
    55
    """
    over = overhang(size, kernel_size, stride, padding, rounding)
    return (size + 2 * padding + over - kernel_size) // stride + 1


def overhang(size: int, kernel_size: int, stride: int, padding: int = 0, rounding: Rounding = "ceil") -> int:
    """Return how far the last window reaches beyond the padded input: 0 if sizes are rounded down.

    A window that would begin outside the input is left out, as in Caffe and PyTorch.

    >>> overhang(224, kernel_size=11, stride=4)  # the 55th window begins at 216 and ends at 227
    3
    """
    if rounding == "floor":
        return 0
    over = -(size + 2 * padding - kernel_size) % stride
    return over if over < kernel_size - padding else 0


def window_span(kernel_size: int, dilation: int) -> int:
    """Return how many inputs a kernel covers along one axis: window_span(3, 2) -> 5, since it skips two.

    >>> window_span(3, dilation=2)  # weight, gap, weight, gap, weight
    5
    """
    return dilation * (kernel_size - 1) + 1


def size_formula(
    size: int,
    kernel_size: int,
    stride: int,
    padding: int | None,
    dilation: int = 1,
    rounding: Rounding = "floor",
) -> str:
    """Return the formula of `conv_size` with numbers.

    (227, 11, 4, 0) -> "floor((227 + 2*0 - 11)/4) + 1 = 55"

    Args:
        padding: None to leave that term out.

    >>> size_formula(224, kernel_size=11, stride=4, padding=None)
    'floor((224 - 11)/4) + 1 = floor(53.25) + 1 = 54'
    >>> size_formula(27, kernel_size=5, stride=1, padding=2)
    'floor((27 + 2*2 - 5)/1) + 1 = 27'
    >>> size_formula(224, kernel_size=11, stride=4, padding=None, rounding="ceil")
    'ceil((224 - 11)/4) + 1 = ceil(53.25) + 1 = 55'
    """
    pad = "" if padding is None else f" + 2*{padding}"
    window = f"{kernel_size}" if dilation == 1 else f"({dilation}*({kernel_size} - 1) + 1)"
    span = window_span(kernel_size, dilation)
    room = size + 2 * (padding or 0) - span
    result = conv_size(size, span, stride, padding or 0, rounding)
    if room % stride and result == room // stride + 1:
        rounding = "floor"  # also where rounding up would give a window that begins outside the input
    exact = "" if room % stride == 0 else f"{rounding}({room / stride:g}) + 1 = "
    return f"{rounding}(({size}{pad} - {window})/{stride}) + 1 = {exact}{result}"
