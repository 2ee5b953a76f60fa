"""AlexNet, taken apart: the network, its layers' arithmetic, its activations and explanations.

Nothing here imports Streamlit or Plotly. In a notebook:

    from model import capture, classify, load, read_photo_file

    network = load()
    photo = read_photo_file("cat.png")
    classify(network, photo).top(5)
    capture(network, network.prepare(photo))["conv1"].shape

Names are looked up when first used, so that what needs no PyTorch does not wait for it.
"""

from importlib import import_module

_HOMES = {
    "ARCHITECTURES": "model.architectures",
    "AlexNet": "model.alexnet",
    "METHODS": "model.attribution",
    "UserError": "model.errors",
    "WEIGHTS": "model.weights.sources",
    "ablated": "model.ablation",
    "capture": "model.activations",
    "describe": "model.layers",
    "explain": "model.attribution",
    "load": "model.weights.load",
    "take_apart": "model.arithmetic",
    "visualize": "model.feature_visualization",
    "classify": "model.predict",
    "classify_ten_crop": "model.predict",
    "read_photo": "model.preprocess",
    "read_photo_file": "model.preprocess",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'model' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
