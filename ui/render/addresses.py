"""Where the page finds the app's files: addresses that the browser completes with the one that it has the page from."""

from urllib.parse import quote

from backend.chat.parts import Image


def picture_address(image: Image) -> str:
    """Of a stored picture. It needs no escaping in HTML or Markdown, and holds under any host and path."""
    return "gradio_api/file=" + quote(image.path)
