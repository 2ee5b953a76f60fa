"""The command `capture`: write every layer's output for a photo to a file for NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .output import check_output_path, print_out, whole_file

Out = Annotated[Path, typer.Option(metavar="FILE.npz", help="The file to write; an old one is replaced.")]
Layers = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME,...",
        help="Which layers to write, separated by commas, for example conv1,relu5. By default all layers.",
    ),
]


def capture(
    image: options.Image,
    out: Out,
    layers: Layers = None,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
) -> None:
    """Write every layer's output for one photo to an .npz file.

    The file contains a float32 array for each layer, under the layer's name: channels x height x width, or,
    from flatten on, one number for each unit. Open it with numpy.load.
    """
    check_output_path(out, [".npz"])
    names = _names(layers)

    import numpy as np

    from ..activations import capture as capture_layers
    from .network import Network
    from .photos import read_photo_file

    photo = read_photo_file(image)
    network = Network(architecture, weights, device)
    arrays = network.run(lambda alexnet: capture_layers(alexnet, alexnet.prepare(photo), names).numpy())
    with whole_file(out) as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    print_out(f"{out} contains {len(arrays)} layer{'s' * (len(arrays) > 1)}: {', '.join(arrays)}.")


def _names(layers: str | None) -> list[str] | None:
    if layers is None:
        return None
    names = [name.strip() for name in layers.split(",") if name.strip()]
    if not names:
        raise UserError("--layers names no layer. Separate names by commas, for example conv1,relu5.")
    return names
