"""Keep photos in the store, so that a reload or a link can show them. Nothing here imports Streamlit."""

from __future__ import annotations

import io
import json

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from model.preprocess import Photo
from viz_app.store import Store, new_key

ABOUT = "photo"  # name of the PNG's text field with the photo's name and notes


def keep(store: Store, photo: Photo) -> str:
    """Put a photo into the store, and return its key."""
    key = new_key()
    store.put(_in_store(key), encoded(photo))
    return key


def find(store: Store, key: str) -> Photo | None:
    """Return the photo with this key; None if it is not in the store, or no longer."""
    data = store.get(_in_store(key))
    return None if data is None else decoded(data)


def is_kept(store: Store, key: str) -> bool:
    return store.get(_in_store(key)) is not None


def forget(store: Store, key: str) -> None:
    store.forget(_in_store(key))


def _in_store(key: str) -> str:
    """Return the key in the store, which also contains other things than photos."""
    return f"photo-{key}"


def encoded(photo: Photo) -> bytes:
    """Return the bytes of a PNG with the photo's pixels, name and notes; `decoded` is the inverse."""
    about = PngInfo()
    known = {
        "name": photo.name,
        "sha256": photo.sha256,
        "original_size": photo.original_size,
        "notes": photo.notes,
    }
    about.add_itxt(ABOUT, json.dumps(known))
    buffer = io.BytesIO()
    photo.image.save(buffer, "PNG", pnginfo=about, compress_level=1)
    return buffer.getvalue()


def decoded(data: bytes) -> Photo:
    """Return the photo in the bytes that `encoded` has returned."""
    image = Image.open(io.BytesIO(data), formats=("PNG",))
    image.load()
    known = json.loads(image.info[ABOUT])
    width, height = known["original_size"]
    rgb = image.convert("RGB")
    rgb.info.clear()
    return Photo(known["name"], rgb, known["sha256"], (width, height), tuple(known["notes"]))
