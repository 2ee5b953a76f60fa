"""The formulas for a layer's shape and costs as LaTeX, with the actual numbers in place of the letters."""

from __future__ import annotations

from typing import assert_never

from model.layers import LayerInfo


def _number(value: int) -> str:
    return f"{value:,}".replace(",", r"\,")


def _times(factors: tuple[int, ...]) -> str:
    return r" \cdot ".join(map(str, factors))


def lines(*steps: str) -> str:
    """Return the steps of a calculation one below the other, aligned at their `&`."""
    return r"\begin{aligned}" + r" \\ ".join(steps) + r"\end{aligned}"


def _rounded(bracket: str, inside: str) -> str:
    """Return the formula between large brackets that stand for rounding: "floor" or "ceil"."""
    return rf"\left\l{bracket} {inside} \right\r{bracket}"


def output_size(info: LayerInfo) -> str:
    """Return the formula for the output's height and width, or what the layer computes if it keeps them."""
    match info.type:
        case "Conv" | "MaxPool" | "AvgPool":
            return _windows(info)
        case "ReLU":
            return r"y = \max(0, x)"
        case "Tanh":
            return r"y = \tanh(x)"
        case "Sigmoid":
            return r"y = 1 \big/ (1 + e^{-x})"
        case "LocalResponseNorm":
            return r"b_i = a_i \Big/ \Big(k + \alpha \sum_{j=i-2}^{i+2} a_j^2\Big)^{\beta}"
        case "SpatialResponseNorm":
            square = r"\sum_{u=x-2}^{x+2} \sum_{v=y-2}^{y+2} a_{uv}^2"
            return rf"b_{{xy}} = a_{{xy}} \Big/ \Big(k + \alpha {square}\Big)^{{\beta}}"
        case "Dropout":
            return r"y = x \quad \text{when predicting}"
        case "Softmax":
            return r"p_i = e^{x_i} \Big/ \sum_j e^{x_j}"
        case "Linear":
            return rf"y = Wx + b, \quad W \text{{ is }} {info.output_shape[0]} \times {info.input_shape[0]}"
        case "Flatten":
            return rf"{_times(info.input_shape)} = \mathbf{{{_number(info.output_shape[0])}}}"
        case "AdaptiveAvgPool":
            return rf"\text{{averaged to }} {info.output_shape[1]} \times {info.output_shape[2]}"
        case _:
            assert_never(info.type)


def _windows(info: LayerInfo) -> str:
    """Return the rule for the number of windows along a side of a convolution's or pooling's input."""
    assert info.kernel_size is not None
    assert info.stride is not None
    size, k, s, p = info.input_shape[1], info.kernel_size, info.stride, info.padding or 0
    window, its_numbers = "k", f"{k}"
    if (d := info.dilation or 1) > 1:
        window, its_numbers = "d(k - 1) - 1", rf"{d} \cdot ({k} - 1) - 1"
    pad, its_pad = ("+ 2p", rf"+ 2 \cdot {p}") if info.type == "Conv" else ("", "")
    rule = rf"\frac{{n {pad} - {window}}}{{s}}"
    numbers = rf"\frac{{{size} {its_pad} - {its_numbers}}}{{{s}}}"
    bracket = info.formula.partition("(")[0]  # which the plain formula has decided: floor or ceil
    steps = [rf"n_\text{{out}} &= {_rounded(bracket, rule)} + 1", rf"&= {_rounded(bracket, numbers)} + 1"]
    exact = (size + 2 * p - info.span) / s
    if not exact.is_integer():
        steps.append(rf"&= \l{bracket} {exact:g} \r{bracket} + 1")
    steps[-1] += rf" = \mathbf{{{info.output_shape[1]}}}"
    return lines(*steps)


def parameters(info: LayerInfo) -> str:
    """Return the formula for the number of parameters: weights plus biases."""
    if info.weight_shape is None:
        return "0"
    out, fan_in = info.weight_shape[0], _times(info.weight_shape[1:])
    return lines(rf"&{out} \cdot ({fan_in}) + {out}", rf"&= \mathbf{{{_number(info.parameters)}}}")


def macs(info: LayerInfo) -> str:
    """Return the formula for multiply-accumulates: the number of outputs times the weights of each."""
    if info.weight_shape is None:
        return "0"
    fan_in = _times(info.weight_shape[1:])
    outputs = _times(info.output_shape)
    return lines(rf"&({outputs}) \cdot ({fan_in})", rf"&= \mathbf{{{_number(info.macs)}}}")


def memory(info: LayerInfo) -> str:
    """Return the formula for the memory of the output: four bytes for each value."""
    total = rf"\mathbf{{{_number(info.activation_bytes)}}} \text{{ bytes}}"
    return lines(rf"&{_times(info.output_shape)} \cdot 4", rf"&= {total}")


def receptive_field(info: LayerInfo, before: LayerInfo | None) -> str:
    """Return the formula for the receptive field, from that of the layer before.

    Before the first layer both receptive field and jump are 1 pixel.
    """
    field, jump = (before.receptive_field, before.jump) if before else (1, 1)
    if info.receptive_field == field:
        return rf"r = \mathbf{{{field}}} \quad \text{{as before}}"
    kernel, rest = divmod(info.receptive_field - field, jump)
    if rest:  # pooling to a fixed size whose windows are not all of the same size
        return rf"r = \mathbf{{{info.receptive_field}}} \quad \text{{the whole input}}"
    kernel += 1
    if (dilation := info.dilation or 1) > 1:
        return lines(
            r"r &= r_\text{before} + d (k - 1) \cdot j_\text{before}",
            rf"&= {field} + {dilation} \cdot ({info.kernel_size} - 1) \cdot {jump} "
            rf"= \mathbf{{{info.receptive_field}}}",
        )
    return lines(
        r"r &= r_\text{before} + (k - 1) \cdot j_\text{before}",
        rf"&= {field} + ({kernel} - 1) \cdot {jump} = \mathbf{{{info.receptive_field}}}",
    )


def jump(info: LayerInfo, before: LayerInfo | None) -> str:
    """Return the formula for the jump: the jump of the layer before, times the stride."""
    start = before.jump if before else 1
    if info.stride is None and info.jump == start:
        return rf"j = \mathbf{{{info.jump}}} \quad \text{{as before}}"
    stride = info.stride or info.jump // start  # pooling to a fixed size has only an average stride
    return rf"j = j_\text{{before}} \cdot s = {start} \cdot {stride} = \mathbf{{{info.jump}}}"
