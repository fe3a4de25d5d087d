"""Files of every size: an export comes back however many pictures it holds, and a picture has its own limit."""

import asyncio
import io
import json
from typing import Any

import httpx2
import pytest
from PIL import Image as PILImage

from backend.chat.messages import Conversation, UserMessage
from backend.chat.parts import Text
from backend.chat.tree import ConversationTree
from backend.storage.document import Document
from backend.storage.document_json import to_json
from tests.trust.conftest import App, visitor
from ui.handlers.imports import MAX_IMPORT

pytestmark = pytest.mark.timeout(300)  # the first waits for the app


def upload(app: App, name: str, data: bytes) -> httpx2.Response:
    return httpx2.post(f"{app.url}/gradio_api/upload", files={"files": (name, data)}, timeout=60)


def happened(app: App, name: str, trigger: str, value: dict[str, Any]) -> str:
    """What the server says to an event of the component with this element id and value."""

    async def call() -> str:
        async with visitor(app) as page:
            body = page.body(page.event(name, trigger), {name: value})
            return json.dumps([event async for event in page.call(body)], ensure_ascii=False)

    return asyncio.run(call())


def test_an_export_larger_than_any_picture_is_imported(small_app: App) -> None:
    history = ConversationTree().with_branch(Conversation((UserMessage((Text("Do you remember?"),)),)))
    export = json.dumps(to_json(Document(history=history), lambda image: image.path)).encode()
    uploaded = upload(small_app, "export.json", export + b" " * 15_000_000)
    assert uploaded.status_code == 200
    file = {"path": uploaded.json()[0], "orig_name": "export.json", "meta": {"_type": "gradio.FileData"}}
    assert "Do you remember?" in happened(small_app, "import", "upload", file)


def test_a_file_that_no_export_would_be_is_refused_while_it_comes(small_app: App) -> None:
    assert upload(small_app, "export.json", b" " * (MAX_IMPORT + 1)).status_code == 413


def test_a_picture_over_its_own_limit_is_refused_in_a_sentence(small_app: App) -> None:
    picture = io.BytesIO()
    PILImage.effect_noise((1200, 1200), 100).save(picture, "PNG")
    (path,) = upload(small_app, "noise.png", picture.getvalue()).json()
    file = {"path": path, "orig_name": "noise.png", "meta": {"_type": "gradio.FileData"}}
    said = happened(small_app, "message", "submit", {"text": "Look", "files": [file]})
    assert "over the limit of 1 MB. Use a smaller copy." in said
