"""From the name of an architecture and of a source of weights to a network that is ready to use."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..alexnet import AlexNet, initialize_as_paper
from ..architectures import Architecture, get_architecture
from ..device import choose_device
from ..errors import UserError
from .files import find, require
from .formats import State, expand_groups, read_weights
from .sources import DEFAULT_ARCHITECTURE, WeightsSource, get_source, sources_for


@torch.inference_mode(False)  # wherever it is called: what is made in inference mode has no gradients
def load(
    architecture: str = DEFAULT_ARCHITECTURE,
    weights: str | None = None,
    device: str = "auto",
    seed: int = 0,
) -> AlexNet:
    """A frozen network in evaluation mode, on its device, with its kernels laid out channels last.

    On an NVIDIA GPU, convolutions of this process then calculate in full float32: by default they round
    their inputs to TF32, three digits, and the numbers on screen could not be checked by hand.

    Args:
        weights: a name in `WEIGHTS`; None takes the first that fits and is on this machine.
        seed: for random weights.

    Raises:
        UserError: unknown names, weights that do not fit or are not on this machine, a damaged
            file, or a device that this machine lacks.
    """
    chosen = get_architecture(architecture)
    source = get_source(weights) if weights else default_source(architecture)
    if architecture not in source.architectures:
        fitting = ", ".join(other.name for other in sources_for(architecture))
        raise UserError(f"The weights '{source.name}' do not fit {architecture}. Those that do: {fitting}.")
    target = choose_device(device)
    if target == "cuda":
        torch.backends.cudnn.allow_tf32 = False
    if source.files:
        model = _with_weights(chosen, source)
    else:
        model = initialize_as_paper(AlexNet(chosen, source.lrn, source.normalization), seed)
    return model.freeze().to(torch.device(target)).to(memory_format=torch.channels_last)


def default_source(architecture: str) -> WeightsSource:
    """The first source that fits the architecture and needs no download.

    Raises:
        UserError: there is no such architecture.
    """
    fitting = sources_for(get_architecture(architecture).name)
    return next(source for source in fitting if not source.files or find(source))


def _with_weights(architecture: Architecture, source: WeightsSource) -> AlexNet:
    file, path = require(source)
    state = read_weights(path)
    # Parameters on the meta device hold no memory until the file's own tensors are assigned.
    model = AlexNet(architecture, source.lrn, source.normalization, device="meta")
    try:
        state = fit(state, model)
        if source.channel_order == "BGR":
            state["conv1.weight"] = state["conv1.weight"].flip(1)
        model.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise UserError(
            f"{file.file_name} does not hold the weights of {architecture.name}: {error}"
        ) from error
    return model


def fit(state: State, model: AlexNet) -> State:
    """The weights in the shapes of the model's parameters.

    Caffe stores fully connected weights with leading axes of 1, and grouped kernels fit an ungrouped
    network once zeros stand where the towers do not see each other.

    Raises:
        RuntimeError: a tensor has another number of values than its parameter.
    """
    return {name: _fit(tensor, name, model) for name, tensor in state.items()}


def _fit(tensor: Tensor, name: str, model: AlexNet) -> Tensor:
    try:
        expected = model.get_parameter(name)
    except AttributeError as error:
        raise RuntimeError(f"unexpected tensor {name}") from error
    layer = model.get_submodule(name.rpartition(".")[0])
    if isinstance(layer, nn.Conv2d) and expected.ndim == 4 and tensor.numel() < expected.numel():
        grouped = tensor.reshape(expected.shape[0], -1, *expected.shape[2:])
        tensor = expand_groups(grouped, expected.shape[1] // grouped.shape[1])
    return tensor.reshape(expected.shape).to(torch.float32)
