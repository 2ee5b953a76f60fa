"""The arithmetic of a layer with its numbers put in, as LaTeX. No Streamlit, no PyTorch."""

from __future__ import annotations

from model.layers import LayerInfo


def _number(value: int) -> str:
    return f"{value:,}".replace(",", r"\,")


def _times(factors: tuple[int, ...]) -> str:
    return r" \cdot ".join(map(str, factors))


def lines(*steps: str) -> str:
    """Steps of one calculation under each other, aligned at their first equals sign."""
    return r"\begin{aligned}" + r" \\ ".join(steps) + r"\end{aligned}"


def _floor(inside: str) -> str:
    return rf"\left\lfloor {inside} \right\rfloor"


def output_size(info: LayerInfo) -> str:
    """The rule for height and width, or for the number of values, and where it is rounded down."""
    if info.kernel_size is None or info.stride is None:
        return _other_output(info)
    size, k, s, p = info.input_shape[1], info.kernel_size, info.stride, info.padding or 0
    window, its_numbers = "k", f"{k}"
    if (d := info.dilation or 1) > 1:
        window, its_numbers = "d(k - 1) - 1", rf"{d} \cdot ({k} - 1) - 1"
    pad, its_pad = ("+ 2p", rf"+ 2 \cdot {p}") if info.type == "Conv" else ("", "")
    rule = rf"\frac{{n {pad} - {window}}}{{s}}"
    numbers = rf"\frac{{{size} {its_pad} - {its_numbers}}}{{{s}}}"
    steps = [rf"n_\text{{out}} &= {_floor(rule)} + 1", rf"&= {_floor(numbers)} + 1"]
    exact = (size + 2 * p - info.span) / s
    if not exact.is_integer():
        steps.append(rf"&= \lfloor {exact:g} \rfloor + 1")
    steps[-1] += rf" = \mathbf{{{info.output_shape[1]}}}"
    return lines(*steps)


def _other_output(info: LayerInfo) -> str:
    match info.type:
        case "ReLU":
            return r"y = \max(0, x)"
        case "LocalResponseNorm":
            return r"b_i = a_i \Big/ \Big(k + \alpha \sum_{j=i-2}^{i+2} a_j^2\Big)^{\beta}"
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
            raise AssertionError(f"no formula for a layer of type {info.type}")


def parameters(info: LayerInfo) -> str:
    """Weights plus biases."""
    if info.weight_shape is None:
        return "0"
    out, fan_in = info.weight_shape[0], _times(info.weight_shape[1:])
    return lines(rf"&{out} \cdot ({fan_in}) + {out}", rf"&= \mathbf{{{_number(info.parameters)}}}")


def macs(info: LayerInfo) -> str:
    """Outputs times weights per output."""
    if info.weight_shape is None:
        return "0"
    fan_in = _times(info.weight_shape[1:])
    outputs = _times(info.output_shape)
    return lines(rf"&({outputs}) \cdot ({fan_in})", rf"&= \mathbf{{{_number(info.macs)}}}")


def memory(info: LayerInfo) -> str:
    """Values times four bytes."""
    total = rf"\mathbf{{{_number(info.activation_bytes)}}} \text{{ bytes}}"
    return lines(rf"&{_times(info.output_shape)} \cdot 4", rf"&= {total}")


def receptive_field(info: LayerInfo, before: LayerInfo | None) -> str:
    """What the layer adds to the field of the layer before it; before the first, 1 pixel, jump 1."""
    field, jump = (before.receptive_field, before.jump) if before else (1, 1)
    if info.receptive_field == field:
        return rf"r = \mathbf{{{field}}} \quad \text{{as before}}"
    kernel, rest = divmod(info.receptive_field - field, jump)
    if rest:  # of a map whose pooling to a fixed size did not come out even
        return rf"r = \mathbf{{{info.receptive_field}}} \quad \text{{all of the map}}"
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
    """The jump before, times the stride."""
    start = before.jump if before else 1
    if info.stride is None and info.jump == start:
        return rf"j = \mathbf{{{info.jump}}} \quad \text{{as before}}"
    stride = info.stride or info.jump // start  # pooling to a fixed size has one on the average
    return rf"j = j_\text{{before}} \cdot s = {start} \cdot {stride} = \mathbf{{{info.jump}}}"
