"""Colour profiles, made by hand: as cameras, displays and presses have them. https://www.color.org/specification/ICC.1-2022-05.pdf"""

import struct
from collections.abc import Mapping

D50 = (0.9642, 1.0, 0.8249)
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
INKS = {1: (62, -31, -48), 2: (50, 65, -5), 4: (90, -5, 85), 8: (18, 0, 0)}  # Lab of cyan, magenta, yellow, black


def rgb_profile(primaries: tuple[tuple[float, ...], ...], curve: tuple[float, ...]) -> bytes:
    """Of a camera or a display: where red, green and blue lie in XYZ, and the parameters of the curve of each."""
    tags = {f"{name}XYZ": _xyz(place) for name, place in zip("rgb", primaries, strict=True)}
    return _profile("mntr", "RGB ", "XYZ ", tags | {f"{name}TRC": _curve(curve) for name in "rgb"})


def grey_profile(gamma: float) -> bytes:
    """Of grey values that are the light to the power of one over gamma."""
    return _profile("mntr", "GRAY", "XYZ ", {"kTRC": _curve((gamma,))})


def cmyk_profile() -> bytes:
    """Of a press whose four inks are INKS; several at once are as dark as the darkest, and grey."""
    table = bytearray()
    for corner in range(16):  # the first ink changes last
        inks = sum(1 << place for place in range(4) if corner >> (3 - place) & 1)
        lab = (100, 0, 0) if not inks else INKS.get(inks, (15, 0, 0))
        table += bytes((round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128))
    ramp = bytes(range(256))
    one = struct.pack(">9i", *(65536 if number % 4 == 0 else 0 for number in range(9)))
    look_up = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + one + ramp * 4 + bytes(table) + ramp * 3
    return _profile("prtr", "CMYK", "Lab ", {"A2B0": look_up})


def _profile(kind: str, colours: str, space: str, tags: Mapping[str, bytes]) -> bytes:
    tags = {"wtpt": _xyz(D50), **tags}
    directory, body, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        directory += struct.pack(">4sII", name.encode(), at + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">II4s4s4s12x4s28x", at + len(body), 0x02400000 + 0x02000000 * (space == "XYZ "), *(
        name.encode() for name in (kind, colours, space, "acsp")
    ))  # fmt: skip
    head = head[:4] + bytes(4) + head[4:]
    return head[:68] + _fixed(D50) + bytes(128 - 80) + directory + body


def _fixed(numbers: tuple[float, ...]) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def _xyz(place: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(place)


def _curve(parameters: tuple[float, ...]) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">Hxx", {1: 0, 5: 3}[len(parameters)]) + _fixed(parameters)
