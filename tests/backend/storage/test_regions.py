"""Parts of pictures: cut at full size from what was uploaded, which is kept, counted and swept with its picture."""

import io
import itertools
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import pytest

from backend.chat.errors import ImageRefused
from backend.chat.parts import Image
from backend.chat.regions import Region
from backend.sandbox.pool import Sandbox
from backend.storage.images import ImageStore, decoding
from backend.storage.quota import DiskQuota

RED, BLUE, GREEN, WHITE = (255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 255, 255)
KINDS = ["JPEG", "PNG", "TIFF", "WEBP"]


@pytest.fixture(scope="module")
def decoders() -> Iterator[Sandbox]:
    with closing(decoding(20_000_000)) as decoders:
        yield decoders


@pytest.fixture
def store(tmp_path: Path, decoders: Sandbox) -> ImageStore:
    return ImageStore(tmp_path / "pictures", run=decoders.run)


def photo(kind: str = "JPEG", size: tuple[int, int] = (4000, 3000), **options: object) -> bytes:
    """White, with black lines of one pixel, two apart, in its lower right quarter; each corner of its own colour."""
    picture = PIL.Image.new("RGB", size, WHITE)
    pen = PIL.ImageDraw.Draw(picture)
    for x in range(size[0] // 2, size[0], 2):
        pen.line((x, size[1] // 2, x, size[1] - 1), "black")
    for at, colour in (((0, 0), RED), ((size[0] - 400, 0), BLUE), ((0, size[1] - 300), GREEN)):
        picture.paste(colour, (*at, at[0] + 400, at[1] + 300))
    buffer = io.BytesIO()
    how = {"TIFF": {"compression": "tiff_lzw"}, "PNG": {}}.get(kind, {"quality": 95})
    picture.save(buffer, kind, **how, **options)
    return buffer.getvalue()


def opened(image: Image) -> PIL.Image.Image:
    with PIL.Image.open(image.path) as picture:
        picture.load()
    return picture


def near(found: object, expected: tuple[int, int, int]) -> bool:
    return isinstance(found, tuple) and max(abs(a - b) for a, b in zip(found, expected, strict=True)) < 30


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_is_cut_at_full_size_before_it_is_shrunk(store: ImageStore, kind: str) -> None:
    image = store.take_bytes(photo(kind), "photo")
    part = store.cut(image, Region(800, 800, 900, 900), "part of image 1")
    assert (part.width, part.height, part.label) == (400, 300, "part of image 1")
    values = [opened(part).convert("L").getpixel((x, 150)) for x in range(100, 120)]
    assert all(abs(a - b) > 150 for a, b in itertools.pairwise(values))  # each line is there


def test_a_part_that_is_still_large_is_shrunk(store: ImageStore) -> None:
    part = store.cut(store.take_bytes(photo(), ""), Region(0, 0, 500, 1000))
    assert (part.width, part.height) == (1027, 1540)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_part_is_that_of_the_picture_as_it_is_seen(store: ImageStore, kind: str) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # turned to the right: the lower left corner comes to the upper left
    image = store.take_bytes(photo(kind, exif=exif), "")
    assert (image.width, image.height) == (1155, 1540)
    upper_left, upper_right = (store.cut(image, Region(*box)) for box in ((0, 0, 100, 100), (900, 0, 1000, 100)))
    assert (upper_left.width, upper_left.height) == (300, 400)
    assert near(opened(upper_left).getpixel((150, 200)), GREEN)
    assert near(opened(upper_right).getpixel((150, 200)), RED)


@pytest.mark.parametrize(
    ("region", "size"),
    [
        (Region(-500, -1, 100, 100), (400, 300)), (Region(900, 900, 5000, 10**9), (400, 300)),
        (Region(0, 0, 1000, 1000), (1540, 1155)), (Region(0, 0, 0.001, 0.001), (1, 1)),
        (Region(999.9999, 999.9999, 1000, 1000), (1, 1)), (Region(12.5, 0, 25, 10), (50, 30)),
    ],
)  # fmt: skip
def test_what_lies_outside_is_left_out_and_one_pixel_is_a_part(
    store: ImageStore, region: Region, size: tuple[int, int]
) -> None:
    part = store.cut(store.take_bytes(photo(), ""), region)
    assert (part.width, part.height) == size


@pytest.mark.parametrize(
    "region",
    [
        Region(500, 0, 500, 1000), Region(600, 0, 400, 1000), Region(0, 900, 1000, 100), Region(1000, 0, 1200, 1000),
        Region(-300, 0, -10, 1000), Region(float("nan"), 0, 1000, 1000), Region(0, 0, 1000, float("nan")),
    ],
)  # fmt: skip
def test_nonsense_is_refused_with_the_pictures_size(store: ImageStore, region: Region) -> None:
    image = store.take_bytes(photo(size=(1000, 500)), "")
    with pytest.raises(ImageRefused, match=r"1000 × 500 pixels, is empty.*\.$"):
        store.cut(image, region)


def test_only_a_picture_that_was_shrunk_has_a_source(store: ImageStore, tmp_path: Path) -> None:
    data = photo()
    large, small = store.take_bytes(data, ""), store.take_bytes(photo(size=(900, 600)), "")
    assert Path(large.path).with_suffix(".source").read_bytes() == data
    assert not Path(small.path).with_suffix(".source").exists()
    assert store.cut(small, Region(0, 0, 500, 500)).width == 450
    assert len(list((tmp_path / "pictures").rglob("*.source"))) == 1


def test_a_picture_that_is_made_smaller_again_keeps_its_source(store: ImageStore, tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(photo())
    large = store.take(tmp_path / "upload", "photo")
    smaller = store.take(large.path, "", 770)
    assert smaller.width == 770
    assert store.cut(smaller, Region(0, 0, 100, 100)).width == 400
    again = store.take(smaller.path, "")
    assert (again, store.cut(again, Region(0, 0, 100, 100)).width) == (smaller, 400)


def test_a_part_of_a_picture_whose_source_is_gone_is_cut_from_what_is_kept(store: ImageStore) -> None:
    image = store.take_bytes(photo(), "")
    Path(image.path).with_suffix(".source").unlink()
    assert store.cut(image, Region(0, 0, 100, 100)).width == 154


def test_a_picture_that_is_gone_is_told(store: ImageStore) -> None:
    image = store.take_bytes(photo(size=(40, 30)), "")
    Path(image.path).unlink()
    with pytest.raises(ImageRefused, match="couldn't be read"):
        store.cut(image, Region(0, 0, 100, 100), "part of image 1")


def test_a_source_is_counted_and_goes_with_its_picture(tmp_path: Path) -> None:
    quota = DiskQuota(tmp_path, 10**9, margin=0)
    store = ImageStore(tmp_path / "pictures", run=quota.keeping(lambda work, *given, **named: work(*given, **named)))
    image = store.take_bytes(photo("PNG", (3000, 2000)), "")
    source = Path(image.path).with_suffix(".source")
    together = Path(image.path).stat().st_size + source.stat().st_size
    assert quota._holdings.total == together
    quota.look()
    assert quota._holdings.total == together
    quota._go([("", image.path)])
    assert not list((tmp_path / "pictures").iterdir())
    assert quota._holdings.total == 0


def test_a_source_is_swept_with_its_picture_and_not_before(store: ImageStore, tmp_path: Path) -> None:
    image = Path(store.take_bytes(photo(), "").path)
    left = tmp_path / "pictures" / "0f" / "gone.source"
    left.parent.mkdir()
    left.write_bytes(b"x")
    for file in (image.with_suffix(".source"), left):
        os.utime(file, (1, 1))
    store.sweep(7)
    assert image.with_suffix(".source").exists()
    assert not left.exists()
    os.utime(image, (1, 1))
    store.sweep(7)
    assert not list((tmp_path / "pictures").iterdir())


def test_two_files_that_look_the_same_when_they_are_small_keep_each_its_own_source(store: ImageStore) -> None:
    plain, marked = io.BytesIO(), io.BytesIO()
    picture = PIL.Image.new("RGB", (3080, 3080), WHITE)
    picture.save(plain, "PNG")
    picture.putpixel((0, 0), (255, 255, 254))  # which is gone once it is shrunk
    picture.save(marked, "PNG")
    one, two = store.take_bytes(plain.getvalue(), ""), store.take_bytes(marked.getvalue(), "")
    assert Path(one.path).name == Path(two.path).name
    corner = Region(0, 0, 1, 1)
    assert opened(store.cut(one, corner)).getpixel((0, 0)) == WHITE
    assert opened(store.cut(two, corner)).getpixel((0, 0)) == (255, 255, 254)


def test_a_picture_without_a_source_is_not_cut_from_anothers(store: ImageStore, tmp_path: Path) -> None:
    large = store.take_bytes(photo(), "")
    (tmp_path / "copy.png").write_bytes(Path(large.path).read_bytes())
    small = store.take(tmp_path / "copy.png", "copy")
    assert store.cut(small, Region(0, 0, 100, 100)).width == 154


def test_a_source_that_cannot_be_written_leaves_nothing_that_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota, upload = DiskQuota(tmp_path, 10**9, margin=0), photo()
    store = ImageStore(tmp_path / "pictures")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt  # as where the process is ended in the middle

    monkeypatch.setattr(PIL.Image.Image, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        store.take_bytes(upload, "")
    monkeypatch.undo()
    quota.look()
    left = [file for file in (tmp_path / "pictures").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in left) <= quota._holdings.total
