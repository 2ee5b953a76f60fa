"""AlexNet, its activations, the arithmetic of its layers, attributions and more.

Nothing here imports Streamlit or Plotly. In a notebook:

    from model import capture, classify, load, read_photo_file

    network = load()
    photo = read_photo_file("cat.png")
    classify(network, photo).top(5)
    capture(network, network.prepare(photo))["conv1"].shape

After an installation, import the same names from `alexnet_explorer`. They are listed in `__init__.pyi` and
loaded when they are first used, so that code that does not need PyTorch need not wait for it.
"""

import sys

try:
    import lazy_loader
except ModuleNotFoundError:  # if one package is missing, all of them are
    if sys.argv[0] == "-m":  # a user has typed `python -m model`; this is not an import
        sys.exit("This needs packages that are not installed. Install them with: pip install .")
    raise

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
