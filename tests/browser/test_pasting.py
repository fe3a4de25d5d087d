"""Pictures that are pasted: the browser checks no name and no kind of them, so all that can be read are taken, and what
cannot is told and taken out again. In a real Chromium."""

import base64
import io

import PIL.Image
import PIL.PngImagePlugin
import pillow_heif
from playwright.sync_api import Page, expect

from tests.browser.test_page import answered, send, settings

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
PASTE = """(files) => {
  const clipboardData = new DataTransfer();
  for (const [name, type, data] of files)
    clipboardData.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type }));
  const box = document.querySelector("#message textarea");
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def encoded(format: str) -> bytes:
    """A picture of 64 x 48 pixels; as PNG with the text of two million characters beside it."""
    pillow_heif.register_heif_opener()
    buffer, text = io.BytesIO(), PIL.PngImagePlugin.PngInfo()
    text.add_text("parameters", "a castle, best quality, " * 90_000, zip=True)
    PIL.Image.new("RGB", (64, 48), "red").save(buffer, format, **({"pnginfo": text} if format == "PNG" else {}))
    return buffer.getvalue()


def paste(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Pastes files into the message box, each of a name, the type that a browser gives it, and what is in it."""
    page.evaluate(PASTE, [(name, kind, base64.b64encode(data).decode()) for name, kind, data in files])


def test_pasted_pictures_of_every_kind_are_taken_and_what_is_none_is_told_and_taken_out(page: Page) -> None:
    settings(page, max_tokens="2")
    drafts, warning = page.locator("#strip li"), page.locator("#strip .warning")
    page.fill("#message textarea", "What are these?")
    pictures = [
        ("p.avif", "image/avif", encoded("AVIF")), ("p.bmp", "image/bmp", encoded("BMP")),
        ("photo.jfif", "image/jpeg", encoded("JPEG")), ("sd.png", "image/png", encoded("PNG")),
        ("photo.png", "image/png", encoded("WEBP")), ("photo.heic", "", encoded("HEIF")),
        ("picture", "", encoded("JPEG")),
    ]  # fmt: skip
    for pasted in (pictures[:1], pictures[1:2], pictures[2:4], pictures[4:]):
        paste(page, *pasted)
        expect(drafts).to_have_count(pictures.index(pasted[-1]) + 1)
    expect(page.locator("#strip li", has_text="64 × 48")).to_have_count(len(pictures))
    for name, kind, data in (("drawing.svg", "image/svg+xml", SVG), ("paper.pdf", "application/pdf", b"%PDF-1.7")):
        paste(page, (name, kind, data))
        expect(warning).to_contain_text(f"“{name}” is damaged or not a picture that can be read here: send a PNG")
        page.press("#message textarea", "Enter")
        expect(page.get_by_test_id("toast-body")).to_contain_text(name)
        expect(page.locator("#message textarea")).to_have_value("What are these?")
        page.get_by_test_id("toast-close").click()
        page.get_by_role("button", name="Remove picture 8").click()
        expect(drafts).to_have_count(len(pictures))
        expect(warning).to_have_count(0)
    page.press("#message textarea", "Enter")
    answered(page)
    expect(page.get_by_test_id("user").locator("img")).to_have_count(len(pictures))
    send(page, "Thank you")
    answered(page, 2)
