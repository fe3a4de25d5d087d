"""What a streamed token costs in short and long conversations, and whether the page stays quick to type in.

python scripts/page_speed.py

A paced engine (50 tokens a second) takes the model's place, so that only the page and its server are measured. Printed:
server CPU and bytes on the wire for each token, and the time from a key press to the next frame, each as a ratio to the
shortest conversation or to the idle page. The targets: 1.2, 1.2 and 1.5 at most.
"""

import base64
import io
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from backend.chat.messages import Finished, Usage  # noqa: E402
from backend.chat.request import ChatRequest, Event, TextDelta  # noqa: E402
from backend.runtime.model_info import ModelCapabilities, ModelInfo  # noqa: E402
from backend.storage.images import ImageStore  # noqa: E402
from backend.storage.quota import DiskQuota  # noqa: E402
from ui.bridge import Bridge  # noqa: E402
from ui.launching import Serving, launch  # noqa: E402
from ui.page import Services, page  # noqa: E402
from web.health import HealthProbe  # noqa: E402
from web.liveness import Liveness  # noqa: E402

TOKENS, PACE = 300, 0.02  # how many, and seconds between two
LENGTHS = (2, 50, 200)  # messages
PICTURES = 5
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LISTEN = """() => { window.delays = []; document.addEventListener("input", (event) => {
  const begun = event.timeStamp; requestAnimationFrame(() => setTimeout(() => delays.push(performance.now() - begun)));
}, true); }"""


class PacedEngine:
    """Yields TOKENS words, one every PACE seconds."""

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream."""
        for number in range(TOKENS):
            time.sleep(PACE)
            yield TextDelta(f"word{number} ")
        yield Finished("stop", Usage(1, 0, TOKENS))


def messages(count: int) -> list[dict[str, Any]]:
    """OpenAI messages, with PICTURES pictures in the first ones."""
    buffer = io.BytesIO()
    Image.effect_noise((640, 480), 60).convert("RGB").save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    picture = {"type": "image_url", "image_url": {"url": url}}
    made: list[dict[str, Any]] = []
    for number in range(count // 2):
        pictures = [picture] * (PICTURES if count == 2 else 1 if number < PICTURES else 0)
        text = {"type": "text", "text": f"Question {number}: " + "some words " * 12}
        made.append({"role": "user", "content": [*pictures, text]})
        made.append({"role": "assistant", "content": f"Answer {number}. " + "**some** words with `code` " * 30})
    return made


def open_conversation(visitor: Page, url: str, count: int) -> None:
    """A fresh page with an imported conversation."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(messages(count), file)
        file.flush()
        visitor.goto(url)
        visitor.locator("#message textarea").wait_for()
        visitor.wait_for_timeout(1500)
        visitor.set_input_files("input[type=file][accept*=json]", file.name)
        visitor.get_by_text(f"Answer {count // 2 - 1}.").wait_for(timeout=60_000)
        visitor.wait_for_timeout(1500)


def typed(visitor: Page) -> float:
    """Median milliseconds from a key press to the frame after it, over 20 keys."""
    visitor.evaluate("delays.length = 0")
    visitor.focus("#message textarea")
    for key in "abcdefghijklmnopqrst":
        visitor.keyboard.press(key)
        visitor.wait_for_timeout(120)
    return statistics.median(visitor.evaluate("delays"))


def measured(visitor: Page, url: str, count: int) -> dict[str, float]:
    """Server CPU in ms and bytes for each token, and key delays in ms, idle and while an answer streams."""
    open_conversation(visitor, url, count)
    visitor.evaluate(LISTEN)
    idle = typed(visitor)
    visitor.fill("#message textarea", "Go on")
    received = [0]
    session = visitor.context.new_cdp_session(visitor)
    session.send("Network.enable")
    session.on("Network.dataReceived", lambda event: received.__setitem__(0, received[0] + event["dataLength"]))
    visitor.keyboard.press("Enter")
    visitor.get_by_text("word20 ").wait_for(timeout=30_000)
    cpu, data, begun = time.process_time(), received[0], time.monotonic()
    visitor.wait_for_timeout(2000)
    tokens = (time.monotonic() - begun) / PACE
    figures = {"cpu": (time.process_time() - cpu) * 1000 / tokens, "bytes": (received[0] - data) / tokens, "idle": idle}
    return figures | {"streaming": typed(visitor)}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> None:
    folder = Path(tempfile.gettempdir()) / "gradio" / "pictures"
    about = ModelInfo("Speed", "", "", "")
    probe = HealthProbe(PacedEngine())
    demo = page(Services(probe, ModelCapabilities(lambda: about, 4096), ImageStore(folder), Bridge()), ())
    quota = DiskQuota(folder.parent, 1_000_000_000)
    launch(demo, probe, Liveness(), Serving(ROOT / "assets", folder, quota, port=free_port()))
    rows = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for count in LENGTHS:
            visitor = chromium.new_page(viewport={"width": 1280, "height": 860})
            rows[count] = measured(visitor, str(demo.local_url), count)
            visitor.close()
        chromium.close()
    first = rows[LENGTHS[0]]
    print("| messages | server CPU a token | ratio | bytes a token | ratio | key delay, idle | streaming | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for count, row in rows.items():
        print(
            f"| {count} | {row['cpu']:.2f} ms | {row['cpu'] / first['cpu']:.2f} | {row['bytes']:.0f} | "
            f"{row['bytes'] / first['bytes']:.2f} | {row['idle']:.0f} ms | {row['streaming']:.0f} ms | "
            f"{row['streaming'] / row['idle']:.2f} |",
            flush=True,
        )
    demo.close()


if __name__ == "__main__":
    main()
