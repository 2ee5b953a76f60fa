"""The package that an installation adds to Python: `from alexnet_explorer import load, explain`.

The project's folders have short names, `model` and `viz_app`, that other projects use too. So they are
installed inside this package. In a clone they are beside this package, and `__path__` makes Python find them.
"""

from pathlib import Path

_BESIDE = Path(__file__).resolve().parent.parent
if (_BESIDE / "model" / "architectures.py").exists():
    __path__.append(str(_BESIDE))

from .model import __all__, __dir__, __getattr__  # noqa: E402, F401
