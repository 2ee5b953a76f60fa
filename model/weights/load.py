"""Load a network that is ready to use, given the names of an architecture and its weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..alexnet import AlexNet, initialize_as_paper
from ..architectures import Architecture
from ..device import choose_device
from ..errors import UserError
from ..named import base_of
from ..networks import get_architecture, get_source, sources_for
from ..private import find_private
from .files import find, require
from .formats import State, expand_groups, read_weights
from .sources import DEFAULT_ARCHITECTURE, WeightsSource


@torch.inference_mode(False)  # even if the caller uses it: a network made in inference mode has no gradients
def load(
    architecture: str = DEFAULT_ARCHITECTURE,
    weights: str | None = None,
    device: str = "auto",
    seed: int = 0,
) -> AlexNet:
    """Return a network, frozen and in evaluation mode, on the device.

    On an NVIDIA GPU, this also makes all convolutions of the process compute in full float32. By default they
    round their inputs to three digits (TF32), and the numbers on screen could not be checked by hand.

    Args:
        weights: a name in `WEIGHTS`; None for the first that fits and is on this machine.
        seed: for random weights.

    Raises:
        UserError: a name is unknown, the weights do not fit or are not on this machine, their file is
            damaged, or this machine lacks the device.
    """
    chosen = get_architecture(architecture)
    source = get_source(weights) if weights else default_source(architecture)
    if not source.fits(architecture):
        fitting = ", ".join(other.name for other in sources_for(architecture))
        raise UserError(f"The weights '{source.name}' do not fit {architecture}. Those that do: {fitting}.")
    target = choose_device(device)
    if private := find_private(architecture):
        return private.make(target)
    if source.name == architecture and (base := base_of(architecture)):
        return _with_new_layer(base, source, target)
    if target == "cuda":
        torch.backends.cudnn.allow_tf32 = False
    if source.files:
        network = _with_weights(chosen, source)
    else:
        network = initialize_as_paper(AlexNet(chosen, source.lrn, source.normalization), seed)
    return network.freeze().to(torch.device(target)).to(memory_format=torch.channels_last)


def default_source(architecture: str) -> WeightsSource:
    """Return the first source of weights that fits the architecture and needs no download.

    Raises:
        UserError: there is no such architecture.
    """
    fitting = sources_for(get_architecture(architecture).name)
    return next(source for source in fitting if not source.files or find(source))


def _with_new_layer(base: tuple[str, str], source: WeightsSource, device: str) -> AlexNet:
    """Return a network whose last layer is in the source's file, and whose other layers are another's."""
    from ..teaching import from_file, taught_network

    _, path = require(source)
    return taught_network(load(*base, device=device), from_file(path, base))


def _with_weights(architecture: Architecture, source: WeightsSource) -> AlexNet:
    file, path = require(source)
    state = read_weights(path)
    # Parameters on the meta device take no memory until the tensors from the file are assigned to them.
    network = AlexNet(architecture, source.lrn, source.normalization, device="meta")
    try:
        state = fit(state, network)
        if source.channel_order == "BGR":
            state["conv1.weight"] = state["conv1.weight"].flip(1)
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise UserError(
            f"{file.file_name} does not hold the weights of {architecture.name}: {error}"
        ) from error
    return network


def fit(state: State, network: AlexNet) -> State:
    """Return the weights in the shapes of the network's parameters.

    Caffe stores fully connected weights with additional axes of length 1. Grouped kernels fit an ungrouped
    network when the weights between the groups are filled in with zeros.

    Raises:
        RuntimeError: a tensor does not have as many values as its parameter.
    """
    return {name: _fit(tensor, name, network) for name, tensor in state.items()}


def _fit(tensor: Tensor, name: str, network: AlexNet) -> Tensor:
    try:
        expected = network.get_parameter(name)
    except AttributeError as error:
        raise RuntimeError(f"unexpected tensor {name}") from error
    layer = network.get_submodule(name.rpartition(".")[0])
    if isinstance(layer, nn.Conv2d) and expected.ndim == 4 and tensor.numel() < expected.numel():
        grouped = tensor.reshape(expected.shape[0], -1, *expected.shape[2:])
        tensor = expand_groups(grouped, expected.shape[1] // grouped.shape[1])
    return tensor.reshape(expected.shape).to(torch.float32)
