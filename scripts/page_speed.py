"""What the page adds to the model's time, in short and long conversations: opening, sending, following, typing.

python scripts/page_speed.py [messages …]

An engine that writes 50 words a second takes the model's place, so that only the page and its server are measured.
Printed, for each length: how long a conversation takes to open (till its end is seen, and how much of that the server
worked), how long after Enter one's own message is there, and the first word (less the engine's own time); server CPU
and bytes on the wire for each word; and the time from a key press to the next frame, at rest and while it writes.
The targets: open in 2 s, own message in 100 ms, the first word in 150 ms (250 in a long conversation), costs of a word
1.2 times those of the shortest at most, a key in 50 ms.
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

WORDS, PACE = 300, 0.02  # how many, and seconds between two
LENGTHS = (2, 72, 200, 2000)  # messages
PICTURES = 20
TRIES = 5  # messages that are sent for the time to the first word
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
COLUMNS = {
    "open": "{:.2f} s", "server": "{:.2f} s", "own": "{:.0f} ms", "first": "{:.0f} ms", "cpu": "{:.2f} ms",
    "bytes": "{:.0f}", "idle": "{:.0f} ms", "writing": "{:.0f} ms",
}  # fmt: skip
NAMES = (
    "opens | of it the server | own message | first word | server CPU a word | bytes a word | key, idle | key, writing"
)
# Notes when a key's frame is there, when one's own message, and when a word that nobody wrote before.
LISTEN = """() => {
  const clock = () => performance.timeOrigin + performance.now();
  Object.assign(window, { delays: [], pressed: 0, own: 0, first: 0 });
  document.addEventListener("input", (event) => {
    const begun = event.timeStamp;
    requestAnimationFrame(() => setTimeout(() => delays.push(performance.now() - begun)));
  }, true);
  addEventListener("keydown", (event) => {  // before the page's own hear of it
    if (event.key === "Enter") Object.assign(window, { pressed: clock(), own: 0, first: 0 });
  }, true);
  new MutationObserver(() => {
    const last = pressed && !first && [...document.querySelectorAll("#conversation .entry")].at(-1);
    if (!last) return;
    if (!own && last.matches(".user")) window.own = clock();
    if (own && last.matches(".assistant") && last.textContent.startsWith("word0")) window.first = clock();
  }).observe(document.querySelector("#conversation"), { childList: true, subtree: true });
}"""


class PacedEngine:
    """Yields so many words, one every PACE seconds."""

    def __init__(self) -> None:
        self.words, self.asked_at = WORDS, 0.0

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream."""
        self.asked_at = time.time()
        for number in range(self.words):
            time.sleep(PACE)
            yield TextDelta(f"word{number} ")
        yield Finished("stop", Usage(1, 0, self.words))


def messages(count: int) -> list[dict[str, Any]]:
    """OpenAI messages, with PICTURES pictures in the first ones."""
    buffer = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    picture = {"type": "image_url", "image_url": {"url": url}}
    made: list[dict[str, Any]] = []
    for number in range(count // 2):
        text = {"type": "text", "text": f"Question {number}: " + "some words " * 12}
        made.append({"role": "user", "content": [*([picture] if number < PICTURES else []), text]})
        made.append({"role": "assistant", "content": f"Answer {number}. " + "**some** words with `code` " * 30})
    return made


def prepared(visitor: Page, url: str, count: int) -> None:
    """A page whose browser keeps a conversation, and shows a new one."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(messages(count), file)
        file.flush()
        visitor.goto(url)
        visitor.locator("#message textarea").wait_for()
        visitor.wait_for_timeout(1500)
        visitor.set_input_files("input[type=file][accept*=json]", file.name)
        visitor.get_by_text(f"Answer {count // 2 - 1}.").wait_for(timeout=120_000)
    visitor.wait_for_timeout(4000)  # it is kept
    visitor.goto(url + "?new")
    visitor.locator("#shelf-list .open").first.wait_for(state="attached")
    visitor.wait_for_timeout(1500)
    if visitor.get_by_text(f"Answer {count // 2 - 1}.").count():
        visitor.evaluate("document.querySelector('#clear').click()")
        visitor.locator("#conversation .entry").first.wait_for(state="detached")
    visitor.wait_for_timeout(1000)


def opened(visitor: Page, count: int) -> dict[str, float]:
    """Seconds until its end is seen, and in which the server worked."""
    cpu, begun = time.process_time(), time.monotonic()
    visitor.evaluate("document.querySelector('#shelf-list .open').click()")
    visitor.get_by_text(f"Answer {count // 2 - 1}.").wait_for(timeout=60_000)
    visitor.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    figures = {"open": time.monotonic() - begun, "server": time.process_time() - cpu}
    visitor.wait_for_timeout(2500)
    return figures


def send(visitor: Page) -> None:
    """Sends "Go on"."""
    visitor.fill("#message textarea", "Go on")
    visitor.wait_for_timeout(700)  # what follows a draft has been asked for
    visitor.keyboard.press("Enter")


def sent(visitor: Page, engine: PacedEngine) -> dict[str, float]:
    """Milliseconds from Enter to one's own message, and to the first word, less the engine's: the median."""
    own, first, engine.words = [], [], 10
    for _ in range(TRIES):
        send(visitor)
        visitor.wait_for_function("first > 0", timeout=30_000)
        seen = visitor.evaluate("({ pressed, own, first })")
        own.append(seen["own"] - seen["pressed"])
        first.append(seen["first"] - seen["pressed"] - PACE * 1000)
        visitor.wait_for_function("!document.querySelector('#answering')", timeout=30_000)
        visitor.wait_for_timeout(600)
    engine.words = WORDS
    return {"own": statistics.median(own), "first": statistics.median(first)}


def typed(visitor: Page) -> float:
    """Median milliseconds from a key press to the frame after it, over 20 keys."""
    visitor.evaluate("delays.length = 0")
    visitor.focus("#message textarea")
    for key in "abcdefghijklmnopqrst":
        visitor.keyboard.press(key)
        visitor.wait_for_timeout(90)
    return statistics.median(visitor.evaluate("delays"))


def written(visitor: Page) -> dict[str, float]:
    """Server CPU in ms and bytes for each word, and the key delay in ms while they come."""
    received = [0]
    session = visitor.context.new_cdp_session(visitor)
    session.send("Network.enable")
    session.on("Network.dataReceived", lambda event: received.__setitem__(0, received[0] + event["dataLength"]))
    send(visitor)
    visitor.get_by_text("word20 ").last.wait_for(timeout=30_000)
    cpu, data, begun = time.process_time(), received[0], time.monotonic()
    visitor.wait_for_timeout(2000)
    words = (time.monotonic() - begun) / PACE
    figures = {"cpu": (time.process_time() - cpu) * 1000 / words, "bytes": (received[0] - data) / words}
    return figures | {"writing": typed(visitor)}


def measured(visitor: Page, url: str, engine: PacedEngine, count: int) -> dict[str, float]:
    """All of it for a conversation of this length."""
    prepared(visitor, url, count)
    figures = opened(visitor, count)
    visitor.evaluate(LISTEN)
    return figures | sent(visitor, engine) | {"idle": typed(visitor)} | written(visitor)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> None:
    lengths = [int(count) for count in sys.argv[1:]] or LENGTHS
    folder = Path(tempfile.gettempdir()) / "gradio" / "pictures"
    about, engine = ModelInfo("Speed", "", "", ""), PacedEngine()
    probe = HealthProbe(engine)
    demo = page(Services(probe, ModelCapabilities(lambda: about, 4096), ImageStore(folder), Bridge()), ())
    quota = DiskQuota(folder.parent, 1_000_000_000)
    launch(demo, probe, Liveness(), Serving(ROOT / "assets", folder, quota, port=free_port()))
    print(f"| messages | {NAMES} |\n|{'---|' * (1 + len(COLUMNS))}", flush=True)
    first: dict[str, float] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for count in lengths:
            visitor = chromium.new_page(viewport={"width": 1280, "height": 860})
            row = measured(visitor, str(demo.local_url), engine, count)
            first = first or row
            shown = [looks.format(row[name]) for name, looks in COLUMNS.items()]
            for name in ("cpu", "bytes"):
                shown[list(COLUMNS).index(name)] += f" (x {row[name] / first[name]:.2f})"
            print(f"| {count} | {' | '.join(shown)} |", flush=True)
            visitor.close()
        chromium.close()
    demo.close()


if __name__ == "__main__":
    main()
