"""Attribution methods: one file each, listed in `METHODS`, run by `explain`."""

from __future__ import annotations

import operator
import time
from dataclasses import replace
from typing import SupportsIndex

import torch
from torch import Tensor

from ..activations import check_input, check_layers, check_target
from ..alexnet import AlexNet, private_copy
from ..architectures import Architecture, ReLU
from ..errors import UserError, look_up
from ..layers import describe
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
    Parameter,
    Progress,
    Settings,
    completed,
    enlarged,
    reporting,
)

__all__ = [
    "METHODS",
    "Attribution",
    "Method",
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


def complete(architecture: Architecture, question: Question) -> Question:
    """Check a question and fill in what it leaves open: the usual layer, and every parameter's value.

    Raises:
        UserError: an unknown method, class, layer or parameter, a value out of its limits, a layer without
            height and width or for a method that uses none.
    """
    method = get_method(question.method)
    settings = completed(method.title, method.parameters, dict(question.settings))
    return replace(
        question,
        target=check_target(architecture, question.target),
        layer=_layer(architecture, method, question.layer),
        settings=tuple(settings.items()),
    )


def explain(
    model: AlexNet,
    x: Tensor,
    method: str,
    target: SupportsIndex,
    layer: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Attribution:
    """Attribute a class's logit to the input by one of the `METHODS`: `answer`, with the question in parts.

    Args:
        x: [1, 3, H, W], for example from `model.prepare(photo)`.
        target: index of the class whose logit is explained.
        layer: for methods that use a layer's feature maps; None takes the last convolution's ReLU.
        settings: values of the method's parameters; those left out take their defaults.
        progress: as for `answer`.

    Raises:
        UserError: as `complete` does, or x is anything but one image.
    """
    question = Question(method, operator.index(target), layer, tuple((settings or {}).items()))
    return answer(model, x, question, progress)


def answer(model: AlexNet, x: Tensor, question: Question, progress: Progress | None = None) -> Attribution:
    """Compute the attribution that a question asks for.

    Args:
        x: [1, 3, H, W], for example from `model.prepare(photo)`.
        progress: told how many pictures have gone through the network; an exception that it raises ends
            the work, and leaves nothing behind.

    Raises:
        UserError: as `complete` does, or x is anything but one image.
    """
    check_input(model, x)
    question = complete(model.architecture, question)
    method, target = METHODS[question.method], question.target
    started, private, scores = time.perf_counter(), private_copy(model), []
    *_, last, _prob = model.architecture.layer_names
    private.get_submodule(last).register_forward_hook(lambda _module, _inputs, y: scores.append(y.detach()))
    if progress:
        reporting(private, method.pictures(question, x.shape[-1]), progress)
    # Whatever the caller has switched off, gradients are needed here.
    with torch.inference_mode(False), torch.enable_grad():
        values = method.compute(private, x.detach().clone(), question).detach().float()
    if method.cost != "one pass":  # the pictures that went through were not this one
        with torch.inference_mode():
            scores = [private_copy(model).logits(x)]
    return Attribution(
        method=method,
        question=question,
        logit=float(scores[-1][0, target]),  # of the last picture that went through: this one
        values=values.cpu().numpy(),
        heatmap=enlarged(values, x.shape[2:]).cpu().numpy(),
        seconds=time.perf_counter() - started,
    )


def _layer(architecture: Architecture, method: Method, layer: str | None) -> str | None:
    if not method.needs_layer:
        if layer:
            raise UserError(f"{method.title} looks at no layer. Leave {layer} out.")
        return None
    if layer is None:
        return default_layer(architecture)
    check_layers(architecture, layer)
    spatial = spatial_layers(architecture)
    if layer not in spatial:
        raise UserError(
            f"{layer} has no height and width, so it gives no map. Choose one of: {', '.join(spatial)}."
        )
    return layer
