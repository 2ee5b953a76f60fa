"""Build small ICC profiles, made of a matrix and curves, and read the colours that they mean."""

from __future__ import annotations

import struct

# Red, green and blue in XYZ, adapted to D50 as ICC profiles keep them. (skcms and the profiles' publishers)
PRIMARIES = {
    "Display P3": ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
    "Adobe RGB": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
    "ProPhoto": ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)),
    "linear": ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)),
}
GAMMAS = {"Display P3": 2.2, "Adobe RGB": 563 / 256, "ProPhoto": 1.8, "linear": 1.0}
D50 = (0.9642, 1.0, 0.8249)


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _text(name: str) -> bytes:
    letters = name.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(letters)) + letters + bytes(78 + -(90 + len(letters)) % 4)


def icc(name: str) -> bytes:
    """Return an ICC profile of version 2: a name in `PRIMARIES`, or "grey" for grey of gamma 1.8."""
    tags = {b"desc": _text(name), b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": _xyz(D50)}
    if name == "grey":
        tags[b"kTRC"] = _curve(1.8)
    else:
        for letter, primary in zip("rgb", PRIMARIES[name], strict=True):
            tags[f"{letter}XYZ".encode()] = _xyz(primary)
            tags[f"{letter}TRC".encode()] = _curve(GAMMAS[name])
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    space = b"GRAY" if name == "grey" else b"RGB "
    header = struct.pack(">I4sI4s4s4s", start + len(body), b"\0\0\0\0", 0x02100000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">3i", *(round(value * 65536) for value in D50))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
