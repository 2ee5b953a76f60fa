"""Truths about the tools that the weights are made with, on small networks and generated numbers."""

import math
import pickle
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model.alexnet import LocalResponseNorm
from model.architectures import LRNConstants
from model.training.batch_norm import fold
from model.training.distill import shifted
from model.training.engine import autocast
from model.training.filters import correlations, new_filters, smoothed_within
from model.training.losses import even_chances, matching_channels
from model.training.lrn import TrainingLRN
from model.training.muon import KernelMuon, root_mean_square
from model.training.quantize import encode_coarse, rounded, save
from model.training.source import _NumpyOnly, read_kernels
from model.training.student import begin_with, classifier, folded
from model.training.table import decode, encode
from model.training.towers import ridge, tower_slots
from model.weights.formats import read_weights


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def seen(norm, features):
    """A normalisation that has seen numbers of some mean and spread."""
    for _ in range(5):
        norm(torch.randn(64, features) * 3 + 1)
    return norm


@pytest.mark.parametrize("with_before", [False, True])
def test_folding_batch_norm_is_exact(with_before):
    torch.manual_seed(0)
    before = seen(nn.BatchNorm1d(20, affine=False), 20).eval() if with_before else None
    linear, after = nn.Linear(20, 10), seen(nn.BatchNorm1d(10), 10).eval()
    nn.init.normal_(after.weight)
    nn.init.normal_(after.bias)
    x = torch.randn(8, 20)
    wanted = after(linear(before(x) if before else x))
    assert torch.allclose(fold(before, linear, after)(x), wanted, atol=1e-4)


def plain(state, x):
    for name in ("fc6", "fc7"):
        x = torch.relu(nn.functional.linear(x, state[f"{name}.weight"], state[f"{name}.bias"]))
    return nn.functional.linear(x, state["fc8.weight"], state["fc8.bias"])


def test_a_trained_classifier_folds_to_three_plain_layers():
    torch.manual_seed(0)
    net = classifier(12, 16, 5).train()
    for _ in range(5):
        net(torch.randn(64, 12) * 2 + 1)
    x = torch.randn(8, 12)
    assert torch.allclose(plain(folded(net.eval()), x), net(x), atol=1e-4)


def test_a_classifier_begins_as_the_plain_layers_it_is_given():
    torch.manual_seed(0)
    state = {
        f"{name}.{kind}": torch.randn(*shape)
        for name, o, i in (("fc6", 16, 12), ("fc7", 16, 16), ("fc8", 5, 16))
        for kind, shape in (("weight", (o, i)), ("bias", (o,)))
    }
    net, x = classifier(12, 16, 5), torch.rand(64, 12) * 4
    begin_with(net, state, x)
    for module in net:
        if isinstance(module, nn.Dropout):
            module.eval()
    assert relative(net(x), plain(state, x)) < 1e-4


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
    # Uniform within half a step: a step of the largest weight / 127, and one of half a deviation.
    assert error["conv1.weight"] < 0.01
    assert error["fc8.weight"] < 0.01
    assert error["fc6.weight"] == pytest.approx(0.5 / 12**0.5, rel=0.1)
    assert error["fc8.bias"] == 0


def test_coarse_weights_take_as_many_bits_as_a_normal_distribution_has(tmp_path):
    torch.manual_seed(0)
    stored = encode_coarse(torch.randn(100, 3000), step=0.65)
    bits = 8 * stored["deflated"].numel() / 300_000
    entropy = math.log2(1 / 0.65) + 0.5 * math.log2(2 * math.pi * math.e)
    # Huffman's codes are whole bits long, which costs up to 0.1 here.
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
    # The inputs have six degrees of freedom and little else: nearly all of the error can be made up for.
    assert error(x.T @ x / len(x)) < 0.2 * error(unrelated)
    # Unrelated inputs leave nothing to make up for.
    assert torch.equal(rounded(weight, steps, unrelated), (weight / 0.5).round())


def test_strong_inputs_get_fine_steps(tmp_path):
    """Of equal bits, those are worth most where the input is strong."""
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


def test_ridge_finds_a_linear_map():
    torch.manual_seed(0)
    x, w, b = torch.randn(500, 8), torch.randn(3, 8), torch.randn(3)
    weight, bias = ridge(x, x @ w.T + b, strength=1e-8)
    assert torch.allclose(weight, w, atol=1e-3)
    assert torch.allclose(bias, b, atol=1e-3)


@given(channels=st.integers(2, 12), spare=st.integers(0, 6), seed=st.integers(0, 99))
def test_every_channel_gets_a_tower_and_towers_are_full(channels, spare, seed):
    slots = (channels + 1) // 2 + spare
    slots = min(slots, channels)
    torch.manual_seed(seed)
    first, second = tower_slots(torch.rand(2, channels), slots)
    assert len(first) == len(second) == slots
    assert set(first.tolist()) | set(second.tolist()) == set(range(channels))


def test_new_filters_are_unlike_the_old_ones_and_one_another():
    torch.manual_seed(0)
    old = torch.randn(16, 3, 11, 11)
    together = torch.cat([old, new_filters(old, 8)])
    assert len(together) == 24
    assert float(correlations(together).max()) < 0.95


def test_smoothing_changes_outputs_by_no_more_than_it_says():
    torch.manual_seed(0)
    weight, patches = torch.randn(4, 3, 3, 3), torch.randn(500, 27) @ torch.randn(27, 27)
    covariance = patches.T @ patches / len(patches)
    smooth = smoothed_within(weight, covariance, 0.01)
    before, after = ((patches @ w.flatten(1).T) for w in (weight, smooth))
    assert (after - before).square().sum() <= 0.0101 * before.square().sum()
    assert smooth.norm() < weight.norm()


def test_encoded_maps_come_back():
    maps = torch.rand(2, 3, 4, 4) * 5
    top = maps.amax((0, 2, 3))
    # Half a step of 1/255 in the root is at most 1/255 of the top in the value.
    assert torch.allclose(decode(encode(maps, top), top), maps, atol=5 / 255 + 1e-5)


def test_shuffled_channels_are_found_again():
    torch.manual_seed(0)
    theirs, order = torch.randn(4, 10, 5, 5), torch.randperm(10)
    ours = theirs[:, order] * 3 + 0.1 * torch.randn(4, 10, 5, 5)
    assert torch.equal(matching_channels(ours, theirs), order)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(pickle.dumps(np.load))
    with path.open("rb") as file, pytest.raises(pickle.UnpicklingError):
        _NumpyOnly(file).load()


def test_a_checkpoint_of_arrays_is_read(tmp_path):
    rng = np.random.default_rng(0)
    shapes = [(11, 11, 3, 4), (5, 5, 4, 4), (3, 3, 4, 4), (3, 3, 4, 4), (3, 3, 4, 4)]
    layers = {
        f"Conv_{i}": {"kernel": rng.random(shape, np.float32), "bias": rng.random(4, np.float32)}
        for i, shape in enumerate(shapes)
    }
    path = tmp_path / "alexnet.ckpt"
    path.write_bytes(pickle.dumps({"AlexNet_0": layers}))
    kernels = read_kernels(path)
    wanted = layers["Conv_1"]["kernel"]
    assert kernels[1][0][2, 3, 1, 0] == wanted[1, 0, 3, 2]
    assert torch.allclose(kernels[0][0][0, 0] * 58.395, torch.tensor(layers["Conv_0"]["kernel"][:, :, 0, 0]))


@pytest.mark.parametrize("beta", [0.75, 0.5])
@pytest.mark.parametrize("n", [5, 4])
def test_lrn_for_training_is_the_network_s_own_and_so_is_its_gradient(n, beta):
    constants = LRNConstants(n=n, beta=beta, alpha=0.1)
    torch.manual_seed(0)
    maps = torch.randn(2, 12, 3, 3, dtype=torch.double, requires_grad=True)
    own = LocalResponseNorm(constants)(maps)
    fast = TrainingLRN(constants, 12).double()(maps)
    torch.testing.assert_close(
        fast, own, rtol=1e-6, atol=1e-6
    )  # the band of ones is kept in single precision
    onward = torch.randn_like(own)
    (expected,) = torch.autograd.grad(own, maps, onward)
    (found,) = torch.autograd.grad(fast, maps, onward)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def test_lrn_for_training_is_the_same_where_no_gradient_is_asked_for():
    maps = torch.randn(1, 8, 3, 3)
    layer = TrainingLRN(LRNConstants(), 8)
    with torch.no_grad():
        torch.testing.assert_close(layer(maps), LocalResponseNorm(LRNConstants())(maps))


def test_rare_classes_are_drawn_more_often():
    classes = torch.tensor([7, 7, 7, 7, 2])
    for evenness, of_seven in ((0.0, 4 / 5), (0.5, 2 / 3), (1.0, 1 / 2)):
        chances = even_chances(classes, evenness)
        assert float(chances.sum()) == pytest.approx(1)
        assert float(chances[:4].sum()) == pytest.approx(of_seven)


def test_muon_steps_each_tower_as_pytorch_s_steps_its_matrix():
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 12, 3, groups=2)
    kernels = layer.weight.detach().clone()
    ours = KernelMuon([layer])
    matrices = [nn.Parameter(tower.flatten(1).clone()) for tower in kernels.chunk(2)]
    theirs = torch.optim.Muon(matrices, lr=0.1, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    for _ in range(3):
        layer.weight.grad = torch.randn_like(kernels)
        for matrix, gradient in zip(matrices, layer.weight.grad.chunk(2), strict=True):
            matrix.grad = gradient.flatten(1)
        for group in ours.param_groups:
            group["lr"] = 0.1
        ours.step()
        theirs.step()
    stacked = torch.cat([matrix.detach() for matrix in matrices]).view_as(kernels)
    # PyTorch's rounds to bfloat16 after every product, to one part in 256, which fifteen products make 3
    # parts in 100; ours in another order, where the CPU has bfloat16, or not at all. Another coefficient or
    # momentum makes 20.
    assert (layer.weight - stacked).norm() < 0.06 * (stacked - kernels).norm()


def test_muon_moves_a_kernel_by_the_rate_s_share_of_its_size():
    torch.manual_seed(0)
    layer = nn.Conv2d(64, 32, 3)
    before = layer.weight.detach().clone()
    muon = KernelMuon([layer])
    for group in muon.param_groups:
        group["lr"] = 0.01 * group["scale"]
    layer.weight.grad = torch.randn_like(before)
    muon.step()
    share = root_mean_square(layer.weight - before) / root_mean_square(before)
    # Five iterations leave the singular values anywhere from 0.7 to 1.2.
    assert 0.007 < share < 0.012


def seconds(work, repeats=3):
    """The least of a few."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def test_bfloat16_is_used_only_where_it_is_not_slower():
    device = torch.device("cpu")
    x, layer = torch.randn(64, 512), nn.Linear(512, 1024)

    def in_its_precision():
        with torch.no_grad(), autocast(device):
            return layer(x)

    # A CPU without bfloat16 imitates it, hundreds of times slower; rounding the weights each time costs
    # twice or three times this small product where it has it.
    assert seconds(in_its_precision) < 20 * seconds(lambda: layer(x)) + 0.01


def test_shifted_maps_move_by_at_most_one_position():
    maps = torch.arange(49.0).view(1, 1, 7, 7).expand(90, 2, 7, 7)
    moved = shifted(maps)
    inside = moved[:, :, 1:-1, 1:-1] - maps[:, :, 1:-1, 1:-1]
    steps = inside.flatten(1)
    assert (steps == steps[:, :1]).all()  # all of a sample moves alike
    assert {int(step) for step in steps[:, 0]} == {
        7 * down + right for down in (-1, 0, 1) for right in (-1, 0, 1)
    }
