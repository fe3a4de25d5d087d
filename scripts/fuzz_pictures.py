"""Picture files with each of their lengths, counts and offsets changed: each has to end in a picture or in a sentence.

python scripts/fuzz_pictures.py [--seconds 300] [--seed 0] [--formats PNG JPEG …] [--keep FOLDER]

Prints every file that ended otherwise, or that took long or much, and writes it into the folder.
"""

import argparse
import hashlib
import io
import logging
import random
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import PIL.Image

from backend.chat.errors import ImageRefused
from backend.sandbox.pool import Sandbox
from backend.storage.decoding.picture import KINDS
from backend.storage.images import LONGEST_EDGE, MAX_MEMORY, MAX_SECONDS, ImageStore
from tests.support.profiles import DISPLAY_P3, SRGB_CURVE, cmyk_profile, grey_profile, rgb_profile

MAX_BYTES = 20_000_000
LONG_SECONDS, MUCH = 2.5, 1_000_000_000  # of processor time; bytes: worth a look, although within the limits
WIDTHS = (1, 2, 4, 8)  # bytes of a number
HEAD, END = 700, 120  # bytes at a file's ends in which every number is changed in turn
REPEATED = (100, 10_000, 300_000)
FAULT = "could not be opened"  # of the sentence for what is raised and documented nowhere


def seeds() -> Iterator[tuple[str, bytes]]:
    """A small file of each kind: still and moving, with a palette, alpha, Exif, a colour profile, texts."""
    picture, exif = PIL.Image.frombytes("RGB", (40, 30), random.Random(0).randbytes(3600)), PIL.Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9286] = 6, "Maker", b"comment"
    kept = exif.tobytes()
    alpha = picture.convert("RGBA")
    alpha.putalpha(128)
    moving: dict[str, object] = {"save_all": True}
    made: list[tuple[str, PIL.Image.Image, dict[str, object]]] = [
        ("PNG", picture, {"exif": kept}), ("PNG", alpha, moving), ("PNG", picture.convert("P"), {"transparency": 3}),
        ("PNG", picture.convert("I;16"), {}), ("PNG", picture.convert("1"), {}),
        ("JPEG", picture, {"exif": kept}), ("JPEG", picture, {"progressive": True, "icc_profile": b"profile" * 40}),
        ("JPEG", picture.convert("CMYK"), {"comment": b"a comment"}), ("MPO", picture, moving),
        ("JPEG", picture.convert("L"), {"restart_marker_rows": 1}),
        ("GIF", picture.convert("P"), {"comment": b"a comment"}), ("GIF", picture.convert("P"), moving),
        ("WEBP", picture, {"exif": kept}), ("WEBP", alpha, {"lossless": True}), ("WEBP", alpha, moving),
        ("BMP", picture, {}), ("BMP", picture.convert("P"), {}), ("BMP", alpha, {}), ("BMP", picture.convert("1"), {}),
        ("AVIF", picture, {"exif": kept}), ("AVIF", alpha, moving),
        ("HEIF", picture, {"exif": kept}), ("HEIF", alpha, moving),
        ("TIFF", picture, {}), ("TIFF", picture, moving), ("TIFF", alpha, {"compression": "tiff_lzw"}),
        ("TIFF", picture, {"compression": "jpeg"}), ("TIFF", picture.convert("1"), {"compression": "group4"}),
        ("TIFF", picture.convert("1"), {"compression": "group3"}), ("TIFF", picture, {"big_tiff": True}),
        ("TIFF", picture.convert("P"), {"compression": "packbits"}),
        ("TIFF", picture.convert("CMYK"), {"compression": "tiff_adobe_deflate", "icc_profile": cmyk_profile()}),
        ("JPEG", picture, {"icc_profile": rgb_profile(DISPLAY_P3, SRGB_CURVE)}),
        ("JPEG", picture.convert("L"), {"icc_profile": grey_profile(1.8)}),
    ]  # fmt: skip
    for kind, source, options in made:
        file = io.BytesIO()
        if options.get("save_all"):
            options["append_images"] = [source.rotate(180)]
        source.save(file, kind, **options)
        yield kind, file.getvalue()


def changed(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """The file with one number changed, at every place and of every width; then with parts repeated, cut or moved."""
    near = {*range(min(HEAD, len(data))), *range(max(0, len(data) - END), len(data))}
    places = [(at, width) for at in near for width in WIDTHS if at + width <= len(data)]
    chance.shuffle(places)
    for at, width in places:
        yield _with_number(data, at, width, chance)
        if chance.random() < 0.3:
            yield _with_part(data, chance)


def _with_number(data: bytes, at: int, width: int, chance: random.Random) -> bytes:
    order: Literal["little", "big"] = chance.choice(("little", "big"))
    number, most = int.from_bytes(data[at : at + width], order), 256**width - 1
    near = (number + 1, number - 1, number * 2, number << 4)
    other = chance.choice((0, 1, most, most // 2, most // 2 + 1, *near, len(data)))
    return _checked(data[:at] + (other & most).to_bytes(width, order) + data[at + width :])


def _checked(data: bytes) -> bytes:
    """A PNG file with the checksums that it should have, or Pillow would look no further."""
    at = 8
    while data.startswith(b"\x89PNG") and at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        data = data[:end] + zlib.crc32(data[at + 4 : end]).to_bytes(4, "big") + data[end + 4 :]
        at = end + 4
    return data


def _with_part(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    part = data[start : start + chance.choice((1, 4, 8, 12, 20, 60, 300))]
    at = chance.randrange(len(data)) if chance.random() < 0.5 else start
    match chance.choice(("repeat", "repeat", "cut", "leave out")):
        case "repeat":
            most = max(1, (MAX_BYTES - len(data)) // max(1, len(part)))
            return data[:at] + part * min(most, chance.choice(REPEATED)) + data[at:]
        case "cut":
            return data[:at]
    return data[:start] + data[start + len(part) :]


class Watched:
    """A store whose decoder is looked at: what each file took of it."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self._store, self._sandbox = ImageStore(folder, MAX_BYTES, sandbox.run), sandbox

    def take(self, data: bytes) -> tuple[str, str]:
        """How the file ended, in a word, and what there is to say of it; empty where nothing is."""
        sandbox = self._sandbox
        sandbox.start()
        worker = sandbox._workers[0]._process
        assert worker
        process = psutil.Process(worker.pid)
        Path(f"/proc/{worker.pid}/clear_refs").write_text("5")  # its peak is that of this file
        before = sum(process.cpu_times()[:2])
        ended, said = "a picture", ""
        try:
            image = self._store.take_bytes(data, "a.png")
            if not 0 < max(image.width, image.height) <= LONGEST_EDGE:
                said = f"{image.width} x {image.height} pixels"
        except ImageRefused as refused:
            ended = "a sentence"
            said = str(refused) if FAULT in str(refused) else ""
        except Exception as error:  # whatever else it is, is what is looked for
            return "neither", repr(error)
        if worker.poll() is not None:
            return "ended", f"the process ended with {worker.returncode}"
        seconds, most = sum(process.cpu_times()[:2]) - before, _peak(worker.pid)
        if seconds > LONG_SECONDS or most > MUCH:
            said += f" {seconds:.1f} s, {most / 1e6:.0f} MB"
        return ended, said


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1000 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=f"Changes files of {KINDS}.")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--formats", nargs="*", default=[])
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzzed")
    given = parser.parse_args()
    logging.disable()
    chance, ends, told = random.Random(given.seed), Counter[str](), Counter[str]()
    chosen = [(kind, data) for kind, data in seeds() if not given.formats or kind in given.formats]
    given.keep.mkdir(parents=True, exist_ok=True)
    decoder = Sandbox(MAX_SECONDS, MAX_MEMORY + 3 * MAX_BYTES, ["backend.storage.images"])
    until = time.monotonic() + given.seconds
    with tempfile.TemporaryDirectory() as folder:
        watched, under_way = Watched(Path(folder), decoder), [(kind, changed(data, chance)) for kind, data in chosen]
        while under_way and time.monotonic() < until:
            for kind, files in list(under_way):
                data = next(files, None)
                if data is None:
                    under_way.remove((kind, files))
                    continue
                ended, said = watched.take(data)
                ends[f"{kind}: {ended}"] += 1
                told[f"{kind}: {said}"] += bool(said)
                if said and told[f"{kind}: {said}"] == 1:
                    name = f"{hashlib.sha256(data).hexdigest()[:12]}.{kind.lower()}"
                    (given.keep / name).write_bytes(data)
                    print(f"{name} ({len(data):,} bytes): {said.strip()}", flush=True)
    decoder.close()
    print(*(f"{end} {count:,}" for end, count in sorted(ends.items())), sep="\n")


if __name__ == "__main__":
    main()
