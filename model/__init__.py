"""AlexNet, taken apart: the network, its layers' arithmetic, its activations and attributions.

Nothing here imports Streamlit or Plotly. In a notebook:

    from model import capture, classify, load, read_photo_file

    network = load()
    photo = read_photo_file("cat.png")
    classify(network, photo).top(5)
    capture(network, network.prepare(photo))["conv1"].shape

Once installed, the same names come from `alexnet_explorer`. They are listed in `__init__.pyi` and loaded when
they are first used, so that what needs no PyTorch does not wait for it.
"""

import sys

try:
    import lazy_loader
except ModuleNotFoundError:  # all the packages come together
    if sys.argv[0] == "-m":  # a user's first try, not an import
        sys.exit("This needs packages that are not installed. Install them with: pip install .")
    raise

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
