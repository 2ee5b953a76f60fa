"""Attribution methods: one file each, listed in `METHODS`, run by `explain`."""

from __future__ import annotations

import time
from typing import SupportsIndex

import torch
from torch import Tensor

from ..activations import check_input, check_layers, check_target
from ..alexnet import AlexNet, private_copy
from ..architectures import Architecture, ReLU
from ..errors import UserError, look_up
from ..layers import describe
from . import (
    ablation_cam,
    deconvolution,
    deep_lift,
    grad_cam,
    grad_cam_plus_plus,
    guided_backprop,
    guided_grad_cam,
    input_x_gradient,
    integrated_gradients,
    kernel_shap,
    layer_cam,
    occlusion,
    saliency,
    smoothgrad,
)
from .base import (
    Attribution,
    Method,
    Parameter,
    Progress,
    Settings,
    completed,
    enlarged,
    reporting,
)

__all__ = ["METHODS", "Attribution", "Method", "Parameter", "default_layer", "explain", "spatial_layers"]

METHODS: dict[str, Method] = {
    module.METHOD.name: module.METHOD
    for module in (
        grad_cam,
        saliency,
        smoothgrad,
        input_x_gradient,
        integrated_gradients,
        deep_lift,
        guided_backprop,
        guided_grad_cam,
        deconvolution,
        grad_cam_plus_plus,
        layer_cam,
        ablation_cam,
        occlusion,
        kernel_shap,
    )
}


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


def explain(
    model: AlexNet,
    x: Tensor,
    method: str,
    target: SupportsIndex,
    layer: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Attribution:
    """A map of what in the input speaks for a class, by one of the `METHODS`.

    Args:
        x: [1, 3, H, W], for example from `model.prepare(photo)`.
        target: index of the class whose logit is explained.
        layer: for methods that look at a layer; None takes the last convolution's ReLU.
        settings: values of the method's parameters; those left out take their defaults.
        progress: told how many pictures have gone through the network; an exception that it raises ends
            the work, and leaves nothing behind.

    Raises:
        UserError: an unknown method, class, layer or parameter, a value out of its limits, a layer without
            height and width or for a method that looks at none, or anything but one image.
    """
    chosen = get_method(method)
    check_input(model, x)
    settings = completed(chosen.title, chosen.parameters, settings)
    if layer and not chosen.needs_layer:
        raise UserError(f"{chosen.title} looks at no layer. Leave {layer} out.")
    layer = _check_layer(model, layer) if chosen.needs_layer else ""
    target = check_target(model.architecture, target)
    started, private, scores = time.perf_counter(), private_copy(model), []
    *_, last, _prob = model.architecture.layer_names
    private.get_submodule(last).register_forward_hook(lambda _module, _inputs, y: scores.append(y.detach()))
    if progress:
        reporting(private, chosen.pictures(settings, x.shape[-1]), progress)
    # Whatever the caller has switched off, gradients are needed here.
    with torch.inference_mode(False), torch.enable_grad():
        values = chosen.compute(private, x.detach().clone(), target, layer, settings).detach().float()
    if chosen.cost != "one pass":  # the pictures that went through were not this one
        with torch.inference_mode():
            scores = [private_copy(model).logits(x)]
    return Attribution(
        method=chosen,
        settings=settings,
        target=target,
        layer=layer,
        logit=float(scores[-1][0, target]),  # of the last picture that went through: this one
        values=values.cpu().numpy(),
        heatmap=enlarged(values, x.shape[2:]).cpu().numpy(),
        seconds=time.perf_counter() - started,
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
