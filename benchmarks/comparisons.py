"""What is timed: functions of this project, and those of other libraries that do the same."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from model.activations import capture
from model.alexnet import AlexNet, LocalResponseNorm
from model.attribution import METHODS, explain
from model.attribution.base import grey
from model.attribution.checks import curves
from model.layer_specs import PAPER_LRN
from model.layers import describe
from model.weights.load import load

LAYER, TARGET = "relu5", 281

os.environ["TQDM_DISABLE"] = "1"  # else pytorch_grad_cam's progress bars would be printed into the table

Run = Callable[[], object]


@dataclass(frozen=True)
class Comparison:
    """A function of this project and one of another library, the peer, that does the same.

    Attributes:
        peer: None if the package is not installed.
        target: the largest ratio that we want.
        limit: the most seconds that ours may take.
        rounds: the largest number of rounds, for functions that take seconds.
    """

    what: str
    ours: Run
    against: str
    peer: Run | None
    target: float | None = None
    limit: float | None = None
    rounds: int = 1000


class Scores(nn.Module):
    """A network without softmax whose parameters have gradients, as peers expect it."""

    def __init__(self, network: AlexNet) -> None:
        super().__init__()
        *layers, _softmax = network.named_children()
        for name, layer in layers:
            self.add_module(name, layer)
        self.requires_grad_(True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.children():
            x = layer(x)
        return x


def of_torchs_layers(network: AlexNet) -> nn.Module:
    """Return the same network as users of the peers build it, with PyTorch's layers in place of ours."""
    scores = Scores(network)
    for name, layer in list(scores.named_children()):
        if isinstance(layer, LocalResponseNorm):
            c = layer.constants
            alpha = c.alpha if c.alpha_over_n else c.alpha * c.n  # PyTorch divides it by n
            setattr(scores, name, nn.LocalResponseNorm(c.n, alpha, c.beta, c.k))
        if isinstance(layer, nn.Linear):
            plain = nn.Linear(layer.in_features, layer.out_features)
            plain.weight, plain.bias = layer.weight, layer.bias
            setattr(scores, name, plain)
    return scores


def installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def predict(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network(x)


def torchinfo_summary(network: AlexNet) -> Run:
    from torchinfo import summary

    return lambda: summary(network, (1, 3, 227, 227), verbose=0)


def captum_grad_cam(scores: nn.Module, x: torch.Tensor) -> Run:
    from captum.attr import LayerGradCam

    grad_cam = LayerGradCam(scores, scores.get_submodule(LAYER))
    return lambda: grad_cam.attribute(x, target=TARGET, relu_attributions=True)


def torchcam_grad_cam(scores: nn.Module, x: torch.Tensor) -> Run:
    from torchcam.methods import GradCAM

    def run() -> object:
        with GradCAM(scores, target_layer=LAYER) as grad_cam:
            return grad_cam(TARGET, scores(x.clone().requires_grad_()))

    return run


def pytorch_grad_cam(scores: nn.Module, x: torch.Tensor) -> Run:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    grad_cam = GradCAM(scores, [scores.get_submodule(LAYER)])
    return lambda: grad_cam(x, targets=[ClassifierOutputTarget(TARGET)])


def captum_occlusion(network: AlexNet, x: torch.Tensor) -> Run:
    """Compute occlusion with Captum: one square per pass, its default, with our square, step and grey."""
    from captum.attr import Occlusion

    usual = {parameter.name: parameter.default for parameter in METHODS["occlusion"].parameters}
    window, stride = int(usual["window"]), int(usual["stride"])
    occlusion, baseline = Occlusion(network.logits), grey(network, x, float(usual["grey"]))
    return lambda: occlusion.attribute(
        x, (3, window, window), strides=(3, stride, stride), baselines=baseline, target=TARGET
    )


def pytorch_ablation_cam(scores: nn.Module, x: torch.Tensor) -> Run:
    from pytorch_grad_cam import AblationCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    ablation_cam = AblationCAM(scores, [scores.get_submodule(LAYER)])
    return lambda: ablation_cam(x, targets=[ClassifierOutputTarget(TARGET)])


def one_at_a_time(network: AlexNet, x: torch.Tensor, pictures: int) -> None:
    """Classify as many photos as both curves consist of, one after the other."""
    for _ in range(pictures):
        predict(network, x)


GRAD_CAM_PEERS = {
    "captum": captum_grad_cam,
    "torchcam": torchcam_grad_cam,
    "pytorch_grad_cam": pytorch_grad_cam,
}


def comparisons() -> Iterator[Comparison]:
    """Yield all comparisons, on a network with random weights and a random input."""
    network = load("alexnet-2012", weights="random", device="cpu")
    x = torch.randn(1, 3, 227, 227, generator=torch.Generator().manual_seed(0)) * 60
    yield from of_network(network, x)
    yield from of_grad_cam(network, x)
    yield from of_slow_methods(network, x)


def of_network(network: AlexNet, x: torch.Tensor) -> Iterator[Comparison]:
    """Yield comparisons of the network itself."""
    yield Comparison(
        "capture of all layers", lambda: capture(network, x), "forward", lambda: predict(network, x), 1.05
    )

    theirs = torchvision.models.alexnet().eval()
    smaller = x[:, :, :224, :224].contiguous()
    yield Comparison(
        "forward, alexnet-2012",
        lambda: predict(network, x),
        "torchvision alexnet",
        lambda: predict(theirs, smaller),
        1.0,
    )

    ours, maps = LocalResponseNorm(PAPER_LRN), torch.relu(x.new_empty(1, 96, 55, 55).normal_(0, 30))
    yield Comparison(
        "LRN, 96 x 55 x 55",
        lambda: predict(ours, maps),
        "F.local_response_norm",
        lambda: F.local_response_norm(maps, 5, 5e-4, 0.75, 2.0),
    )

    yield Comparison(
        "describe()",
        lambda: describe(network.architecture),
        "torchinfo.summary",
        torchinfo_summary(network) if installed("torchinfo") else None,
        0.1,
    )


def of_grad_cam(network: AlexNet, x: torch.Tensor) -> Iterator[Comparison]:
    """Yield comparisons of Grad-CAM with that of other libraries."""
    for package, prepare in GRAD_CAM_PEERS.items():
        # Each gets its own network, because some libraries leave hooks and gradients behind.
        peer = load("alexnet-2012", weights="random", device="cpu")
        yield Comparison(
            "Grad-CAM, relu5",
            lambda: explain(network, x, "grad-cam", TARGET, LAYER),
            package,
            prepare(Scores(peer), x) if installed(package) else None,
            0.8,
        )

    # Above, peers use our layers, which are faster than PyTorch's; here they use PyTorch's.
    peer = load("alexnet-2012", weights="random", device="cpu")
    yield Comparison(
        "Grad-CAM, relu5",
        lambda: explain(network, x, "grad-cam", TARGET, LAYER),
        "captum, torch's layers",
        captum_grad_cam(of_torchs_layers(peer), x) if installed("captum") else None,
        0.8,
    )


def of_slow_methods(network: AlexNet, x: torch.Tensor) -> Iterator[Comparison]:
    """Yield comparisons of methods that run the network many times."""
    yield Comparison(
        "occlusion map",
        lambda: explain(network, x, "occlusion", TARGET),
        "captum's defaults",
        captum_occlusion(network, x) if installed("captum") else None,
        0.2,
        rounds=3,
    )

    peer = load("alexnet-2012", weights="random", device="cpu")
    yield Comparison(
        "Ablation-CAM, relu5",
        lambda: explain(network, x, "ablation-cam", TARGET, LAYER),
        "pytorch_grad_cam",
        pytorch_ablation_cam(Scores(peer), x) if installed("pytorch_grad_cam") else None,
        rounds=3,
    )

    heatmap = torch.rand(227, 227, generator=torch.Generator().manual_seed(0)).numpy()
    yield Comparison(
        "deletion and insertion",
        lambda: curves(network, x, heatmap, TARGET, steps=50),
        "one picture at a time",
        lambda: one_at_a_time(network, x, 2 * 51),
        limit=2.0,
        rounds=3,
    )
