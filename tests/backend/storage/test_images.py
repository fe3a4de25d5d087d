"""What the image store takes, what it makes of it, and what it refuses."""

import io
import multiprocessing
import os
import re
import resource
import signal
import struct
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.PngImagePlugin
import pytest

import app
from backend.chat.errors import ImageRefused
from backend.sandbox.pool import LimitReached, Sandbox, directly
from backend.storage.images import ImageStore
from backend.storage.quota import DiskQuota
from tests.support.misled import WORDS, misled

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION = 0x0112
KINDS = ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIF", "BMP", "TIFF"]


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


def encoded(picture: PIL.Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def red_and_blue(size: tuple[int, int] = (40, 20)) -> PIL.Image.Image:
    """Red on the left, blue on the right."""
    picture = PIL.Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    return picture


def png_of_size(width: int, height: int) -> bytes:
    """A small PNG file that claims a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def taken(store: ImageStore, tmp_path: Path, data: bytes, name: str = "photo.png") -> PIL.Image.Image:
    upload = tmp_path / "upload"
    upload.write_bytes(data)
    image = store.take(upload, name)
    picture = PIL.Image.open(image.path)
    picture.load()
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (image.width, image.height))
    return picture


def near(colour: object, expected: tuple[int, int, int], tolerance: int = 12) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) <= tolerance for a, b in zip(colour, expected, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_by_its_content_whatever_its_name(store: ImageStore, tmp_path: Path, kind: str) -> None:
    picture = taken(store, tmp_path, encoded(red_and_blue(), kind), "notes.txt")
    assert picture.size == (40, 20)
    assert near(picture.getpixel((5, 10)), RED)
    assert near(picture.getpixel((35, 10)), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(store: ImageStore, tmp_path: Path, kind: str, orientation: int) -> None:
    stored_as = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that the camera made
    upright = red_and_blue((40, 20))
    upright.paste((0, 255, 0), (0, 0, 20, 10))  # green at the upper left tells all eight apart
    turned = upright.transpose(stored_as[orientation]) if orientation in stored_as else upright
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    picture = taken(store, tmp_path, encoded(turned, kind, exif=exif, quality=100))
    assert picture.size == (40, 20)
    for point, colour in (((5, 3), (0, 255, 0)), ((5, 16), RED), ((35, 3), BLUE), ((35, 16), BLUE)):
        assert near(picture.getpixel(point), colour, 40), point


def test_a_heic_photo_is_turned_once(store: ImageStore, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = 6
    turned = red_and_blue().transpose(PIL.Image.Transpose.ROTATE_90)
    turned.info["exif"] = exif.tobytes()  # from here the encoder also writes HEIC's own mark, as phones do
    data = encoded(turned, "HEIF")
    assert b"irot" in data
    picture = taken(store, tmp_path, data)
    assert picture.size == (40, 20)
    assert near(picture.getpixel((5, 10)), RED)


def test_sixteen_bit_grey_is_scaled_and_not_clipped(store: ImageStore, tmp_path: Path) -> None:
    grey = PIL.Image.new("I;16", (3, 1))
    for x, value in enumerate((0, 32768, 65535)):
        grey.putpixel((x, 0), value)
    picture = taken(store, tmp_path, encoded(grey))
    assert [picture.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), WHITE]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("alpha", [0, 128])
def test_transparency_is_laid_on_white(store: ImageStore, tmp_path: Path, mode: str, alpha: int) -> None:
    black = (0, 0, 0, alpha) if mode == "RGBA" else (0, alpha)
    picture = taken(store, tmp_path, encoded(PIL.Image.new(mode, (4, 4), black)))
    assert near(picture.getpixel((1, 1)), (255 - alpha,) * 3, 1)


def test_a_transparent_palette_colour_is_laid_on_white(store: ImageStore, tmp_path: Path) -> None:
    palette = red_and_blue().quantize(2)
    data = encoded(palette, transparency=palette.getpixel((0, 0)))
    picture = taken(store, tmp_path, data)
    assert picture.getpixel((5, 10)) == WHITE
    assert picture.getpixel((35, 10)) == BLUE


def test_cmyk_keeps_its_colours(store: ImageStore, tmp_path: Path) -> None:
    picture = taken(store, tmp_path, encoded(red_and_blue().convert("CMYK"), "JPEG", quality=95))
    assert near(picture.getpixel((5, 10)), RED)


def test_an_animation_gives_its_first_frame(store: ImageStore, tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    picture = taken(store, tmp_path, encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert picture.getpixel((4, 4)) == RED


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), (1, 1)),
        ((1540, 900), (1540, 900)),
        ((3080, 1000), (1540, 500)),
        ((1, 10_000), (1, 1540)),
        ((10_000, 3), (1540, 1)),
    ],
)
def test_large_pictures_shrink_in_proportion(
    store: ImageStore, tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert taken(store, tmp_path, encoded(PIL.Image.new("RGB", size))).size == expected


def test_a_large_photo_shrinks_in_proportion(store: ImageStore, tmp_path: Path) -> None:
    picture = taken(store, tmp_path, encoded(red_and_blue((4001, 3001)), "JPEG"))
    assert picture.size == (1540, 1155)
    assert near(picture.getpixel((100, 600)), RED)


def test_equal_pictures_are_kept_once_and_no_metadata_is_kept(store: ImageStore, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x010F] = "Secret Camera"
    first = taken(store, tmp_path, encoded(red_and_blue(), exif=exif, icc_profile=b"profile" * 20))
    taken(store, tmp_path, encoded(red_and_blue(), "WEBP", lossless=True))
    taken(store, tmp_path, encoded(red_and_blue((20, 40))))
    assert not first.info
    assert not first.getexif()
    kept = [path.relative_to(tmp_path / "store").as_posix() for path in (tmp_path / "store").rglob("*.png")]
    assert len(kept) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}/[0-9a-f]{40}\.png", name) for name in kept)


def test_a_picture_has_one_name_in_every_process_and_an_address_that_only_its_own_knows(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(encoded(red_and_blue()))
    one, other = (Path(ImageStore(tmp_path / "store").take(tmp_path / "upload", "a.png").path) for _ in range(2))
    assert one.name == other.name == "923a85218a3229fc5ae3d01e1279981d0c1bd174.png"
    assert one.parent.parent == other.parent.parent == tmp_path / "store"
    assert one.parent != other.parent


def test_pictures_of_one_store_do_not_share_their_secret(store: ImageStore) -> None:
    one, other = (Path(store.take_bytes(encoded(red_and_blue((width, 20))), "").path) for width in (40, 42))
    assert one.parent != other.parent


LONG = "a castle, best quality, " * 90_000  # two million characters


def with_text(add: str, *given: object, **options: object) -> bytes:
    """A PNG with texts beside its pixels, as `add` of Pillow's PngInfo writes them."""
    texts = PIL.PngImagePlugin.PngInfo()
    for _ in range(70):
        getattr(texts, add)(*given, **options)
    return encoded(red_and_blue(), pnginfo=texts)


@pytest.mark.parametrize(
    "data",
    [
        with_text("add_text", "parameters", LONG, zip=True),
        with_text("add_text", "Raw profile type exif", LONG, zip=True),
        with_text("add_itxt", "parameters", LONG, zip=True),
        with_text("add_itxt", "XML:com.adobe.xmp", LONG, zip=True),
        with_text("add_text", "parameters", LONG[:1_000_000], zip=True),
        with_text("add", b"iCCP", b"profile\0\0" + zlib.compress(LONG.encode())),
        with_text("add", b"zTXt", b"parameters\0\0nothing that was packed", True),
    ],
    ids=["text", "exif", "international", "xmp", "in all", "colours", "broken"],
)
def test_texts_beside_the_pixels_are_no_damage_however_long_and_many(
    store: ImageStore, tmp_path: Path, data: bytes
) -> None:
    assert near(taken(store, tmp_path, data).getpixel((5, 10)), RED)


def test_a_picture_that_is_turned_by_a_text_beside_its_pixels_is_turned(store: ImageStore, tmp_path: Path) -> None:
    turned = PIL.PngImagePlugin.PngInfo()
    turned.add_itxt("XML:com.adobe.xmp", '<rdf:Description tiff:Orientation="6"/>', zip=True)
    turned.add_text("parameters", LONG, zip=True)
    picture = red_and_blue().transpose(PIL.Image.Transpose.ROTATE_90)
    assert near(taken(store, tmp_path, encoded(picture, pnginfo=turned)).getpixel((5, 10)), RED)


def test_a_broken_note_on_orientation_does_not_lose_the_picture(store: ImageStore, tmp_path: Path) -> None:
    assert taken(store, tmp_path, encoded(red_and_blue(), "WEBP", exif=b"Exif\0\0nonsense")).size == (40, 20)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"only text", "isn't a valid image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "isn't a valid image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "isn't a valid image"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "isn't a valid image"),
        (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ", "isn't a valid image"),
        (png_of_size(0, 5), "isn't a valid image"),
        (png_of_size(40, 40), "is damaged"),
        (png_of_size(9_000, 9_000), "has more than 50 megapixels"),
        (png_of_size(11_000, 11_000), "has more than 50 megapixels"),
        (png_of_size(60_000, 60_000), "has more than 50 megapixels"),
        (b"\x89PNG" * 300_000, "is 1.2 MB, over the limit of 1 MB"),
    ],
)
def test_refusals_name_the_file_and_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "upload").write_bytes(data)
    store = ImageStore(tmp_path / "store", max_bytes=1_000_000)
    with pytest.raises(ImageRefused) as refused:
        store.take(tmp_path / "upload", "holiday.png")
    assert_is_a_sentence(refused.value, reason, tmp_path)
    assert not list((tmp_path / "store").iterdir())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "JPEG"])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_truncated_files_are_refused(store: ImageStore, tmp_path: Path, kind: str, share: float) -> None:
    data = encoded(PIL.Image.effect_noise((90, 90), 80).convert("RGB"), kind)
    (tmp_path / "upload").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageRefused) as refused:
        store.take(tmp_path / "upload", "holiday.png")
    assert_is_a_sentence(refused.value, "is", tmp_path)  # damaged, or no valid image, as its decoder sees it


def test_a_file_that_is_gone_is_refused(store: ImageStore, tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(ImageRefused) as refused:
            store.take(path, "holiday.png")
        assert_is_a_sentence(refused.value, "couldn't be read", tmp_path)


def test_a_full_disk_is_said_and_leaves_nothing_behind(
    store: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: PIL.Image.Image, path: Path, **_: object) -> None:
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device", str(path))

    (tmp_path / "upload").write_bytes(encoded(red_and_blue()))
    monkeypatch.setattr(PIL.Image.Image, "save", full)
    with pytest.raises(ImageRefused) as refused:
        store.take(tmp_path / "upload", "holiday.png")
    assert_is_a_sentence(refused.value, "couldn't be saved", tmp_path)
    assert not list((tmp_path / "store").iterdir())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/home/ada/holiday.png", "“holiday.png”"),
        ("C:\\Users\\ada\\holiday.png", "“holiday.png”"),
        ("a\nb\x1b[31m\u202egnp.png", "“ab[31mgnp.png”"),
        ("x" * 300 + ".png", f"“{'x' * 40}…{'x' * 12}.png”"),
        ("", "The image"),
    ],
)
def test_a_name_is_shown_without_folders_or_tricks(store: ImageStore, tmp_path: Path, name: str, shown: str) -> None:
    with pytest.raises(ImageRefused, match=f"^{re.escape(shown)} couldn't be read"):
        store.take(tmp_path / "gone", name)


def test_pictures_are_swept_again_and_again_while_the_app_runs(
    store: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "SWEEP_SECONDS", 0.01)
    export = tmp_path / "exports" / "0f" / "conversations.zip"
    export.parent.mkdir(parents=True)
    export.write_bytes(b"x")
    threading.Thread(target=app._sweep, args=(store, DiskQuota(tmp_path, 10**9), tmp_path), daemon=True).start()
    old, new = (Path(store.take_bytes(encoded(red_and_blue((width, 20))), "").path) for width in (40, 42))
    time.sleep(0.1)
    assert old.exists()
    week = time.time() - 8 * 86_400
    for path in (old, export, export.parent):
        os.utime(path, (week, week))
    for _ in range(3000):
        if not (old.exists() or export.exists()):
            break
        time.sleep(0.01)
    assert not old.exists()
    assert new.exists()
    assert not export.exists()


def killed_while_it_writes(function: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
    """As a process that comes to its limit there: the system ends it at once."""

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
        function(*given, **named)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGXFSZ
    raise LimitReached("too long")


def test_a_picture_that_comes_to_its_limit_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store", run=killed_while_it_writes)
    with pytest.raises(ImageRefused, match="too long"):
        store.take_bytes(encoded(PIL.Image.effect_noise((300, 300), 100)), "noise.png")
    assert not list((tmp_path / "store").iterdir())


def test_sweeping_leaves_no_empty_folders_and_no_parts_of_pictures(store: ImageStore, tmp_path: Path) -> None:
    old = Path(store.take_bytes(encoded(red_and_blue()), "").path)
    part, flat = tmp_path / "store" / "0f.part", tmp_path / "store" / "older.png"
    for file in (old, part, flat):
        file.write_bytes(b"x")
        os.utime(file, (1, 1))
    store.sweep(7)
    assert not list((tmp_path / "store").iterdir())
    assert Path(store.take_bytes(encoded(red_and_blue()), "").path) == old


def assert_is_a_sentence(error: ImageRefused, reason: str, folder: Path) -> None:
    text = str(error)
    assert text.startswith(f"“holiday.png” {reason}")
    assert text.endswith(".")
    assert "\n" not in text
    assert str(folder) not in text
    assert "0x" not in text


@pytest.mark.parametrize("bounded", [True, False], ids=["in a process of its own", "here"])
def test_what_no_library_documents_is_not_told_as_damage_and_logged_without_words(
    tmp_path: Path, bounded: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Sandbox(5.0, 1_500_000_000, [misled.__module__])) as sandbox:
        run = sandbox.run if bounded else directly
        store = ImageStore(tmp_path / "store", run=lambda *_, **__: run(misled))
        with pytest.raises(ImageRefused) as refused:
            store.take_bytes(encoded(red_and_blue()), "holiday.png")
    assert_is_a_sentence(refused.value, "couldn't be opened", tmp_path)
    assert "in misled" in caplog.text
    assert "AttributeError" in caplog.text
    assert WORDS not in caplog.text
