"""Tests of the tools for training, on small networks and random numbers."""

import pickle
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model.alexnet import LocalResponseNorm
from model.layer_specs import LRNConstants
from model.training.batch_norm import fold
from model.training.engine import autocast
from model.training.filters import correlations, new_filters, smoothed_within
from model.training.losses import even_chances, matching_channels
from model.training.lrn import TrainingLRN
from model.training.muon import KernelMuon, root_mean_square
from model.training.source import _NumpyOnly, read_kernels
from model.training.student import begin_with, classifier, folded
from model.training.table import decode, encode
from model.training.towers import ridge, tower_slots
from model.training.variation import shifted


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def seen(norm, features):
    """Return a batch normalization whose running mean and variance are not 0 and 1."""
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


def test_a_classifier_computes_the_same_as_the_layers_it_begins_with():
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


def test_ridge_finds_a_linear_map():
    torch.manual_seed(0)
    x, w, b = torch.randn(500, 8), torch.randn(3, 8), torch.randn(3)
    weight, bias = ridge(x, x @ w.T + b, strength=1e-8)
    assert torch.allclose(weight, w, atol=1e-3)
    assert torch.allclose(bias, b, atol=1e-3)


@given(channels=st.integers(2, 12), spare=st.integers(0, 6), seed=st.integers(0, 99))
def test_every_channel_has_a_tower_and_towers_are_full(channels, spare, seed):
    slots = (channels + 1) // 2 + spare
    slots = min(slots, channels)
    torch.manual_seed(seed)
    first, second = tower_slots(torch.rand(2, channels), slots)
    assert len(first) == len(second) == slots
    assert set(first.tolist()) | set(second.tolist()) == set(range(channels))


def test_new_filters_differ_from_old_ones_and_from_each_other():
    torch.manual_seed(0)
    old = torch.randn(16, 3, 11, 11)
    together = torch.cat([old, new_filters(old, 8)])
    assert len(together) == 24
    assert float(correlations(together).max()) < 0.95


def test_smoothing_changes_outputs_by_at_most_the_given_share():
    torch.manual_seed(0)
    weight, patches = torch.randn(4, 3, 3, 3), torch.randn(500, 27) @ torch.randn(27, 27)
    covariance = patches.T @ patches / len(patches)
    smooth = smoothed_within(weight, covariance, 0.01)
    before, after = ((patches @ w.flatten(1).T) for w in (weight, smooth))
    assert (after - before).square().sum() <= 0.0101 * before.square().sum()
    assert smooth.norm() < weight.norm()


def test_decoding_returns_the_encoded_feature_maps():
    maps = torch.rand(2, 3, 4, 4) * 5
    top = maps.amax((0, 2, 3))
    # Half a step of 1/255 in the square root is at most 1/255 of the top in the value.
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
    # The band of ones is stored in single precision.
    torch.testing.assert_close(fast, own, rtol=1e-6, atol=1e-6)
    onward = torch.randn_like(own)
    (expected,) = torch.autograd.grad(own, maps, onward)
    (found,) = torch.autograd.grad(fast, maps, onward)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def test_lrn_for_training_is_the_same_without_gradients():
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
    # PyTorch's Muon rounds to bfloat16 after each of fifteen products, to one part in 256, so its error is
    # about 3 %. Ours rounds in another order, or not at all on a CPU without bfloat16. Another coefficient
    # or momentum changes 20 %.
    assert (layer.weight - stacked).norm() < 0.06 * (stacked - kernels).norm()


def test_muon_changes_a_kernel_by_the_learning_rate_s_share_of_its_size():
    torch.manual_seed(0)
    layer = nn.Conv2d(64, 32, 3)
    before = layer.weight.detach().clone()
    muon = KernelMuon([layer])
    for group in muon.param_groups:
        group["lr"] = 0.01 * group["scale"]
    layer.weight.grad = torch.randn_like(before)
    muon.step()
    share = root_mean_square(layer.weight - before) / root_mean_square(before)
    # After five rounds the singular values are between 0.7 and 1.2.
    assert 0.007 < share < 0.012


def seconds(work, repeats=3):
    """Return the shortest of a few times, counted by the CPU: it leaves other programs out."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def test_bfloat16_is_used_only_where_it_is_not_slower():
    device = torch.device("cpu")
    x, layer = torch.randn(64, 512), nn.Linear(512, 1024)

    def in_its_precision():
        with torch.no_grad(), autocast(device):
            return layer(x)

    # A CPU without bfloat16 imitates it hundreds of times slower. On a CPU with it, rounding the weights
    # each time makes this small product two or three times slower.
    assert seconds(in_its_precision) < 20 * seconds(lambda: layer(x)) + 0.01


def test_shifted_maps_move_by_at_most_one_position():
    maps = torch.arange(49.0).view(1, 1, 7, 7).expand(90, 2, 7, 7)
    moved = shifted(maps)
    inside = moved[:, :, 1:-1, 1:-1] - maps[:, :, 1:-1, 1:-1]
    steps = inside.flatten(1)
    assert (steps == steps[:, :1]).all()  # all channels of a sample are shifted alike
    assert {int(step) for step in steps[:, 0]} == {
        7 * down + right for down in (-1, 0, 1) for right in (-1, 0, 1)
    }
