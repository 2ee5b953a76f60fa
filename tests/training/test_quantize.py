"""Weights stored as whole numbers stay close to the weights, and take as many bits as theory says."""

import math

import pytest
import torch

from model.training.quantize import encode_coarse, rounded, save
from model.weights.formats import read_weights


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def test_quantized_weights_round_trip_within_the_bound(tmp_path):
    torch.manual_seed(0)
    state = {
        "conv1.weight": torch.randn(4, 3, 5, 5) * 1000,
        "fc6.weight": torch.randn(6, 300),
        "fc8.weight": torch.randn(5, 6),
        "fc8.bias": torch.randn(5),
    }
    path = tmp_path / "w.safetensors"
    save(state, path, step=0.5)
    loaded = read_weights(path)
    error = {name: float((loaded[name] - w).norm() / w.norm()) for name, w in state.items()}
    # Errors are uniform within half a step; a step is 1/127 of the largest weight, or `STEP` deviations.
    assert error["conv1.weight"] < 0.01
    assert error["fc8.weight"] < 0.01
    assert error["fc6.weight"] == pytest.approx(0.5 / 12**0.5, rel=0.1)
    assert error["fc8.bias"] == 0


def test_coarse_weights_take_as_many_bits_as_theory_says(tmp_path):
    torch.manual_seed(0)
    stored = encode_coarse(torch.randn(100, 3000), step=0.65)
    bits = 8 * stored["deflated"].numel() / 300_000
    entropy = math.log2(1 / 0.65) + 0.5 * math.log2(2 * math.pi * math.e)
    # Huffman codes have whole bits, which costs up to 0.1 bits here.
    assert entropy - 0.01 < bits < entropy + 0.1


def test_errors_of_rounding_cancel_in_the_output_of_correlated_inputs():
    torch.manual_seed(0)
    x = torch.randn(2000, 6) @ torch.randn(6, 300) + 0.1 * torch.randn(2000, 300)
    weight = torch.randn(5, 300)
    wanted, steps = x @ weight.T, torch.full((5,), 0.5)

    def error(moments: torch.Tensor) -> float:
        codes = rounded(weight, steps, moments)
        assert torch.equal(codes, codes.round())
        return relative(x @ (codes * 0.5).T, wanted)

    unrelated = torch.eye(300)
    # The inputs have only six degrees of freedom, so nearly all of the error can be made up for.
    assert error(x.T @ x / len(x)) < 0.2 * error(unrelated)
    # With unrelated inputs no error can be made up for.
    assert torch.equal(rounded(weight, steps, unrelated), (weight / 0.5).round())


def test_weights_of_strong_inputs_have_finer_steps(tmp_path):
    """A fine step is worth more for a strong input than for a weak one."""
    torch.manual_seed(0)
    strength = torch.logspace(-1, 1, 400)
    x = torch.randn(4000, 400) * strength
    weight = torch.randn(8, 400) / strength
    wanted = x @ weight.T

    def error(moments: torch.Tensor | None) -> float:
        save(
            {"fc6.weight": weight}, tmp_path / "w.safetensors", None if moments is None else {"fc6": moments}
        )
        return relative(x @ read_weights(tmp_path / "w.safetensors")["fc6.weight"].T, wanted)

    assert error(torch.diag(strength**2)) < 0.5 * error(None)
