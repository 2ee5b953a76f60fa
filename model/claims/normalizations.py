"""The test of the claim that batch normalization replaced LRN: both on the same feature maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..alexnet import AlexNet
from ..assets import ASSETS
from ..errors import UserError
from ..layer_specs import LocalResponseNorm
from ..parameters import Choice, Number
from ..preprocess import EXTENSIONS, Photo, network_crop, read_photo_file
from .evidence import Evidence, Lines, Maps, Table, Test


def _batch(network: AlexNet, photo: Photo, count: int) -> Tensor:
    """Return the photo and the first of the sample photos as a batch: [count, 3, H, W]."""
    files = sorted(path for path in (ASSETS / "samples").iterdir() if path.suffix[1:] in EXTENSIONS)
    photos = [photo, *(read_photo_file(path) for path in files[: count - 1])]
    return network.to_input(np.stack([network_crop(one, network.architecture) for one in photos]))


def batch_norm(x: Tensor) -> Tensor:
    """Return what batch normalization gives in training, before its learned scale and shift."""
    return F.batch_norm(x, None, None, training=True)


def _change(before: Tensor, after: Tensor) -> float:
    """Return by how many percent maps change: 100 |after - before| / |before|."""
    return 100 * float((after - before).norm() / before.norm())


def _deviations(x: Tensor) -> np.ndarray:
    """Return each channel's standard deviation over photos and positions, relative to their mean, sorted."""
    deviations = x.std((0, 2, 3), correction=0)
    return np.sort((deviations / deviations.mean()).cpu().numpy())


def _both(network: AlexNet, photo: Photo, settings: Mapping[str, Any]) -> Evidence:
    layers, names = network.architecture.layers, network.architecture.layer_names
    norms = [layer.name for layer in layers if isinstance(layer, LocalResponseNorm)]
    if not norms:
        raise UserError("This network has no LRN. Choose AlexNet (2012) in the sidebar.")
    name = norms[0] if settings["layer"] == "first" else norms[-1]
    lrn = network.get_submodule(name)
    with torch.inference_mode():
        x = network.run(_batch(network, photo, int(settings["photos"])), until=names[names.index(name) - 1])
        # In float64, since a mean over many positions in float32 depends on the number of threads.
        x = x.cpu().double()
        after: dict[str, Tensor] = {}
        changes: dict[str, tuple[float, float]] = {}
        for kind, norm in (("LRN", lrn), ("batch normalization", batch_norm)):
            after[kind] = norm(x)
            each_alone = torch.cat([norm(x[:, c : c + 1])[:1] for c in range(x.shape[1])], dim=1)
            changes[kind] = (_change(after[kind][:1], each_alone), _change(after[kind][:1], norm(x[:1])))
        c = int((lrn(x[0][:, None])[:, 0] - after["LRN"][0]).norm(dim=(1, 2)).argmax())
    by_lrn, by_batch_norm = changes.values()
    deviations = {"before": _deviations(x)} | {kind: _deviations(maps) for kind, maps in after.items()}
    shown = {"before": x[0, c]} | {f"after {kind}": maps[0, c] for kind, maps in after.items()}
    return Evidence(
        f"Without the other channels, the values of this photo change by **{by_lrn[0]:.1f} %** with LRN, and "
        f"by **{by_batch_norm[0]:.1f} %** with batch normalization. Without the other photos, they change by "
        f"**{by_lrn[1]:.1f} %** with LRN, and by **{by_batch_norm[1]:.1f} %** with batch normalization.",
        (
            Table(
                "Change of this photo's feature maps if the other channels or the other photos are left out.",
                ("normalization", "each channel alone (%)", "this photo alone (%)"),
                [(kind, *(round(change, 1) for change in both)) for kind, both in changes.items()],
            ),
            Maps(
                f"Channel {c} of this photo, which LRN changes most. Each feature map is divided by its "
                "largest value.",
                {title: (one / one.max()).cpu().numpy() for title, one in shown.items()},
            ),
            Lines(
                "Standard deviation of every channel over all photos and positions, divided by the mean over "
                "all channels. The channels are sorted.",
                "channel, by rank",
                "deviation, relative",
                np.arange(x.shape[1]),
                deviations,
            ),
        ),
        confirms=_are_different(by_lrn, by_batch_norm, deviations),
    )


def _are_different(
    lrn: tuple[float, float], batch_norm: tuple[float, float], deviations: Mapping[str, np.ndarray]
) -> bool:
    """Return whether LRN depends on other channels only, and batch normalization on other photos only.

    In percent, 0.01 is far above the rounding of float32, and 0.1 is far above that. The middle half of the
    channels leaves out channels that are 0 everywhere.
    """
    count = len(deviations["LRN"])
    middle = slice(count // 4, -(count // 4))
    spread = {kind: float(np.ptp(values[middle])) for kind, values in deviations.items()}
    return (
        lrn[0] > 0.1
        and lrn[1] < 0.01
        and batch_norm[0] < 0.01
        and batch_norm[1] > 0.1
        and spread["batch normalization"] < 0.1 * spread["LRN"]
    )


lrn_and_batch_norm = Test(
    "lrn-replaced-by-batch-norm",
    _both,
    (
        Number("photos", "photos in the batch", 8, 2, 12),
        Choice("layer", "LRN layer", (("first", "the first one"), ("last", "the last one"))),
    ),
)
