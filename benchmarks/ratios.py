"""Ratios of this project's timings to its peers', both sides timed in turn in one run.

    python -m benchmarks.ratios [--rounds 15] [--threads N]

A ratio below 1 means that we are faster. Both sides alternate (A B A B ...), so that a machine that
slows down, or neighbours that make noise, hit them alike; the medians are divided.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from model.activations import capture
from model.alexnet import AlexNet, LocalResponseNorm
from model.architectures import PAPER_LRN
from model.attribution import explain
from model.layers import describe
from model.weights.load import load

WARM_UP_ROUNDS = 3
LAYER, TARGET = "relu5", 281

Run = Callable[[], object]


@dataclass(frozen=True)
class Comparison:
    """Ours against a peer; `peer` is None where the package is not installed."""

    what: str
    ours: Run
    against: str
    peer: Run | None
    target: float | None = None


class Scores(nn.Module):
    """A network that stops at the scores and whose parameters want gradients, as peers expect one."""

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


GRAD_CAM_PEERS = {
    "captum": captum_grad_cam,
    "torchcam": torchcam_grad_cam,
    "pytorch_grad_cam": pytorch_grad_cam,
}


def comparisons() -> Iterator[Comparison]:
    network = load("alexnet-2012", weights="random", device="cpu")
    x = torch.randn(1, 3, 227, 227, generator=torch.Generator().manual_seed(0)) * 60
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

    for package, prepare in GRAD_CAM_PEERS.items():
        # A network for each, because some leave hooks and gradients behind.
        peer = load("alexnet-2012", weights="random", device="cpu")
        yield Comparison(
            "Grad-CAM, relu5",
            lambda: explain(network, x, "grad-cam", TARGET, LAYER),
            package,
            prepare(Scores(peer), x) if installed(package) else None,
            0.8,
        )


def seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def time_in_turn(ours: Run, peer: Run, rounds: int) -> tuple[float, float]:
    """Medians in seconds."""
    times = [(seconds(ours), seconds(peer)) for _ in range(WARM_UP_ROUNDS + rounds)][WARM_UP_ROUNDS:]
    first, second = zip(*times, strict=True)
    return statistics.median(first), statistics.median(second)


def machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())
    packages = ("torch", "torchvision", "captum", "torchcam", "grad-cam", "torchinfo")
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    threads = f"{torch.get_num_threads()} threads of {os.cpu_count()}"
    return f"{cpu}, {threads}, Python {platform.python_version()}\n{', '.join(versions)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(machine())
    print(f"{'what':24}{'against':24}{'ours':>10}{'theirs':>10}{'ratio':>8}{'target':>8}")
    for row in comparisons():
        line = f"{row.what:24}{row.against:24}"
        if row.peer is None:
            print(f"{line}not installed")
            continue
        ours, theirs = time_in_turn(row.ours, row.peer, options.rounds)
        target = "" if row.target is None else f"{row.target:.2f}"
        print(f"{line}{ours * 1e3:7.2f} ms{theirs * 1e3:7.2f} ms{ours / theirs:8.3f}{target:>8}")


if __name__ == "__main__":
    main()
