"""Attribution methods: one file each, listed in `METHODS`, run by `explain`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from model.activations import check_layers
from model.alexnet import AlexNet, private_copy
from model.architectures import Architecture, ReLU
from model.attribution import grad_cam, saliency
from model.attribution.base import Attribution, Method
from model.errors import UserError, look_up
from model.layers import describe

__all__ = ["METHODS", "Attribution", "Method", "default_layer", "explain", "spatial_layers"]

METHODS: dict[str, Method] = {m.name: m for m in (grad_cam.METHOD, saliency.METHOD)}


def spatial_layers(architecture: Architecture) -> list[str]:
    """The layers whose output has height and width: those a class activation map can be made of."""
    return [info.name for info in describe(architecture) if info.is_spatial]


def default_layer(architecture: Architecture) -> str:
    """The last convolution after its ReLU, where Grad-CAM's authors take it: relu5."""
    spatial = set(spatial_layers(architecture))
    rectified = [layer.name for layer in architecture.layers if isinstance(layer, ReLU)]
    return [name for name in rectified if name in spatial][-1]


def get_method(name: str) -> Method:
    """The method of that name; `UserError` if there is none."""
    return look_up(METHODS, name, "method")


def explain(model: AlexNet, x: Tensor, method: str, target: int, layer: str | None = None) -> Attribution:
    """A map of what in the input speaks for a class, by one of the `METHODS`.

    Args:
        x: [1, 3, H, W], for example from `model.prepare(photo)`.
        target: index of the class whose logit is explained.
        layer: for methods that look at a layer; None takes the last convolution's ReLU.

    Raises:
        UserError: an unknown method, class or layer, or a layer without height and width.
    """
    chosen = get_method(method)
    layer = _check_layer(model, layer) if chosen.needs_layer else ""
    classes = model.architecture.class_count
    if not 0 <= target < classes:
        raise UserError(f"There is no class {target}: this network has the classes 0 to {classes - 1}.")
    private, scores = private_copy(model), []
    *_, last, _prob = model.architecture.layer_names
    private.get_submodule(last).register_forward_hook(lambda _module, _inputs, y: scores.append(y.detach()))
    # Whatever the caller has switched off, gradients are needed here.
    with torch.inference_mode(False), torch.enable_grad():
        values = chosen.compute(private, x.detach().clone(), target, layer).detach()
    heatmap = F.interpolate(values[None, None], x.shape[2:], mode="bilinear", align_corners=False)
    return Attribution(
        method=chosen,
        target=target,
        layer=layer,
        logit=float(scores[0][0, target]),
        values=values.cpu().numpy(),
        heatmap=heatmap[0, 0].cpu().numpy(),
    )


def _check_layer(model: AlexNet, layer: str | None) -> str:
    if layer is None:
        return default_layer(model.architecture)
    check_layers(model, [layer])
    spatial = spatial_layers(model.architecture)
    if layer not in spatial:
        raise UserError(
            f"{layer} has no height and width, so it gives no map. Choose one of: {', '.join(spatial)}."
        )
    return layer
