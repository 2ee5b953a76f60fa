"""Attribution methods, one file each. `METHODS` lists them, and `explain` runs them."""

from __future__ import annotations

import operator
import time
from dataclasses import replace
from typing import SupportsIndex

import torch
from torch import Tensor

from ..activations import check_input
from ..alexnet import AlexNet, private_copy
from ..architectures import Architecture
from ..errors import UserError, look_up
from ..layers import describe
from ..parameters import Choice, Number, Parameter, Settings, completed
from ..question import Question
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
    Progress,
    enlarged,
    reporting,
)

__all__ = [
    "METHODS",
    "Attribution",
    "Choice",
    "Method",
    "Number",
    "Parameter",
    "Question",
    "answer",
    "complete",
    "default_layer",
    "explain",
    "spatial_layers",
]

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
    """Return the layers with feature maps: class activation maps can be computed at these."""
    return [info.name for info in describe(architecture) if info.is_spatial]


def default_layer(architecture: Architecture) -> str:
    """Return the last layer whose feature maps have the size of the last convolution's: relu5.

    Grad-CAM's authors compute it there. Where pooling comes before ReLU, as in the authors' program of
    AlexNet, it is conv5.
    """
    maps = [info for info in describe(architecture) if info.is_spatial]
    size = [info.output_shape for info in maps if info.type == "Conv"][-1]
    return [info.name for info in maps if info.output_shape == size][-1]


def get_method(name: str) -> Method:
    """Return the method of that name.

    Raises:
        UserError: there is no such method.
    """
    return look_up(METHODS, name, "method")


def complete(architecture: Architecture, question: Question) -> Question:
    """Check a question, and return it with the default layer and the default values filled in.

    Raises:
        UserError: there is no such method, class, layer or parameter, a value is out of its limits, the layer
            has no feature maps, or the method uses no layer.
    """
    method = get_method(question.method)
    settings = completed(method.title, method.parameters, dict(question.settings))
    return replace(
        question,
        target=architecture.check_target(question.target),
        layer=_layer(architecture, method, question.layer),
        settings=tuple(settings.items()),
    )


def explain(
    network: AlexNet,
    x: Tensor,
    method: str,
    target: SupportsIndex,
    layer: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Attribution:
    """Return the attribution of a class's logit by one of the `METHODS`.

    For example `explain(network, x, "grad-cam", 285).heatmap`. `answer` does the same for a `Question`.

    Args:
        x: [1, 3, H, W], for example from `network.prepare(photo)`.
        target: index of the class whose logit is explained.
        layer: for methods that use a layer's feature maps; None for `default_layer`.
        settings: values of the method's parameters; parameters that are left out have their defaults.
        progress: as for `answer`.

    Raises:
        UserError: for the same reasons as `complete`, or x is not one input.
    """
    question = Question(method, operator.index(target), layer, tuple((settings or {}).items()))
    return answer(network, x, question, progress)


def answer(network: AlexNet, x: Tensor, question: Question, progress: Progress | None = None) -> Attribution:
    """Return the attribution that answers a question.

    Args:
        x: [1, 3, H, W], for example from `network.prepare(photo)`.
        progress: called with the number of inputs that have gone through the network, and the total. An
            exception that it raises stops the work.

    Raises:
        UserError: for the same reasons as `complete`, or x is not one input.
    """
    check_input(network, x)
    question = complete(network.architecture, question)
    method, target = METHODS[question.method], question.target
    started, private, scores = time.perf_counter(), private_copy(network), []
    private.get_submodule(network.architecture.logits_layer).register_forward_hook(
        lambda _module, _inputs, y: scores.append(y.detach())
    )
    if progress:
        reporting(private, method.pictures(question, x.shape[-1]), progress)
    # Gradients are needed here even if the caller has switched them off.
    with torch.inference_mode(False), torch.enable_grad():
        values = method.compute(private, x.detach().clone(), question).detach().float()
    if not method.ends_with_photo:
        with torch.inference_mode():
            scores = [private_copy(network).logits(x)]
    return Attribution(
        method=method,
        question=question,
        logit=float(scores[-1][0, target]),  # the last input was the photo
        values=values.cpu().numpy(),
        heatmap=enlarged(values, x.shape[2:]).cpu().numpy(),
        seconds=time.perf_counter() - started,
    )


def _layer(architecture: Architecture, method: Method, layer: str | None) -> str | None:
    if not method.needs_layer:
        if layer:
            raise UserError(f"{method.title} uses no layer. Leave {layer} out.")
        return None
    if layer is None:
        return default_layer(architecture)
    architecture.check_layers(layer)
    spatial = spatial_layers(architecture)
    if layer not in spatial:
        raise UserError(f"{layer} has no feature maps. Choose one of: {', '.join(spatial)}.")
    return layer
