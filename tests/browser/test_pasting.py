"""Pictures that are pasted: the browser checks no name and no kind of them, so all that can be read are taken, and what
cannot is told and taken out again. In a real Chromium."""

import base64
import io

import PIL.Image
import PIL.PngImagePlugin
import pillow_heif
from playwright.sync_api import expect

from tests.support.chat import Chat

PROGRAM = b"\x7fELF" + bytes(range(256))
PASTE = """(box, files) => {
  const clipboardData = new DataTransfer();
  for (const [name, type, data] of files)
    clipboardData.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type }));
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def encoded(format: str) -> bytes:
    """A picture of 64 x 48 pixels; as PNG with the text of two million characters beside it."""
    pillow_heif.register_heif_opener()
    buffer, text = io.BytesIO(), PIL.PngImagePlugin.PngInfo()
    text.add_text("parameters", "a castle, best quality, " * 90_000, zip=True)
    PIL.Image.new("RGB", (64, 48), "red").save(buffer, format, **({"pnginfo": text} if format == "PNG" else {}))
    return buffer.getvalue()


def paste(chat: Chat, *files: tuple[str, str, bytes]) -> None:
    """Pastes files into the message box, each of a name, the type that a browser gives it, and what is in it."""
    chat.box.evaluate(PASTE, [(name, kind, base64.b64encode(data).decode()) for name, kind, data in files])


def test_pasted_pictures_of_every_kind_are_taken_and_what_is_none_is_told_and_taken_out(chat: Chat) -> None:
    chat.set(max_tokens="2")
    chat.box.fill("What are these?")
    pictures = [
        ("p.avif", "image/avif", encoded("AVIF")), ("p.bmp", "image/bmp", encoded("BMP")),
        ("photo.jfif", "image/jpeg", encoded("JPEG")), ("sd.png", "image/png", encoded("PNG")),
        ("photo.png", "image/png", encoded("WEBP")), ("photo.heic", "", encoded("HEIF")),
        ("picture", "", encoded("JPEG")), ("scan.tif", "image/tiff", encoded("TIFF")), ("scan", "", encoded("TIFF")),
    ]  # fmt: skip
    for pasted in (pictures[:1], pictures[1:2], pictures[2:4], pictures[4:]):
        paste(chat, *pasted)
        expect(chat.attached).to_have_count(pictures.index(pasted[-1]) + 1)
    for name, kind, data in (("program", "", PROGRAM), ("paper.pdf", "application/pdf", b"%PDF-1.7")):
        paste(chat, (name, kind, data))
        expect(chat.refused).to_contain_text(f"“{name}”")
        chat.box.press("Enter")
        expect(chat.box).to_have_value("What are these?")
        chat.refused.get_by_role("button").click()
        expect(chat.refused).to_have_count(0)
        expect(chat.attached).to_have_count(len(pictures))
    chat.box.press("Enter")
    chat.answered()
    expect(chat.images).to_have_count(len(pictures))
    chat.send("Thank you")
    chat.answered(2)
