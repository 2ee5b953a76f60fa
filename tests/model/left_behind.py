"""Find out what a computation has left behind on a network: hooks, gradients, changed modules."""

from __future__ import annotations

from torch import nn


def hooks(network: nn.Module) -> int:
    """Return the number of hooks on all modules of a network."""
    return sum(
        len(kind)
        for layer in network.modules()
        for kind in (
            layer._forward_hooks,
            layer._forward_pre_hooks,
            layer._backward_hooks,
            layer._backward_pre_hooks,
        )
    )


def belongings(network: nn.Module) -> tuple[list, list]:
    """Return all modules of a network with their hooks, and all parameters, to compare before and after."""
    modules = [
        (name, id(module), module.training, {key: _told_apart(value) for key, value in vars(module).items()})
        for name, module in network.named_modules()
    ]
    parameters = [
        (name, id(parameter), parameter._version, parameter.requires_grad, parameter.grad)
        for name, parameter in network.named_parameters()
    ]
    return modules, parameters


def _told_apart(value: object) -> object:
    return {key: id(part) for key, part in value.items()} if isinstance(value, dict) else id(value)
