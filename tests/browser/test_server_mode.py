"""The page with a model that runs on a server: a process without torch."""

import re
import shutil
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.runtime.server_tokenizer import AS_WRITTEN
from backend.tokenization.tokenizer import Tokenizer
from tests.browser.conftest import free_port, running_app
from tests.conftest import DEMO, SHAPES
from tests.support.chat import opened
from tests.support.events import Events
from tests.support.processes import command_of, libraries
from tests.support.stub_server import WHOLE, Stub, chunk, refuses, sends, stub_server, tells
from ui.texts import texts

THOUGHT = "2 and 2:\n\n# **4** <b>"
FORBIDDEN = "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]"


def test_the_page_talks_to_a_server_without_loading_torch_and_says_what_goes_wrong(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:
        chat = opened(browser, url)
        expect(chat.title).to_have_text("tiny")
        expect(chat.meter.locator("summary")).to_have_text(re.compile("^about [0-9]+ tokens$"))
        stub.answers = [sends(*WHOLE), sends(WHOLE[0], WHOLE[1]), refuses(500, "Traceback /srv/x.py")]
        chat.send("Hi")
        chat.answered()
        expect(chat.answers).to_contain_text("Hello")
        expect(chat.button(texts.transcript.prompt, chat.answers)).to_have_count(0)  # only who serves it knows that
        chat.send("Again")
        chat.answered(2)
        expect(chat.ending.last).to_contain_text("connection was lost")
        chat.send("And again")
        chat.answered(3)
        expect(chat.ending.last).to_contain_text("server returned an error")
        chat.close()
        _thoughts_calls_and_refusals(browser, stub, url)
        files = [
            file for process in psutil.process_iter() if stub.url in command_of(process) for file in libraries(process)
        ]
        assert files
        assert not any("libtorch" in file for file in files)


def test_with_its_tokenizer_a_served_model_has_the_meter_the_inspector_and_its_own_prompt(
    browser: Browser, tmp_path: Path
) -> None:
    shutil.copy(DEMO, tmp_path)
    (tmp_path / "SYSTEM_PROMPT.txt").write_text("You are {name} itself.")
    message = UserMessage((SHAPES, Text("What is <s> here?")))
    tokens = len(Tokenizer(DEMO).encode(ChatRequest("You are tiny itself.", (message,))).tokens)
    with stub_server() as stub:
        stub.told["/v1/models"]["data"][0]["max_model_len"] = 8192
        with running_app("--server", stub.url, "--tokenizer", str(tmp_path)) as url:
            chat = opened(browser, url, viewport={"width": 1280, "height": 860})
            prompt = chat.panel.field("system_prompt")
            for _ in range(30):  # it is loaded behind the open page
                chat.go(url)
                expect(prompt).to_have_value(re.compile("You are {name}"))
                chat.page.wait_for_timeout(1000)
                if prompt.input_value() == "You are {name} itself.":
                    break
            expect(prompt).to_have_value("You are {name} itself.")
            chat.attach(Path(SHAPES.path))
            chat.box.fill("What is <s> here?")
            expect(chat.meter.get_by_role("meter")).to_have_attribute("aria-valuenow", str(tokens))
            expect(chat.meter.get_by_role("meter")).to_have_attribute("aria-valuemax", "8192")
            stub.answers = [sends(*WHOLE)]
            chat.box.press("Enter")
            chat.answered()
            chat.inspect()
            inspector = chat.inspector
            expect(inspector).to_contain_text(f"{tokens:,} tokens in the prompt")
            expect(inspector).to_contain_text(AS_WRITTEN)
            expect(inspector.locator(".control").first).to_have_text("<s>")
            expect(inspector.locator(".run").first).to_have_text("You are tiny itself.")
            expect(inspector.locator(".run").last).to_have_text("What is <s> here?")
            chat.close()
            linked = opened(browser, f"{url}?system=Be brief.")
            expect(linked.panel.field("system_prompt")).to_have_value("Be brief.")
            Events(linked.page).wait_until_done()
            expect(linked.panel.field("system_prompt")).to_have_value("Be brief.")
            linked.close()


def _thoughts_calls_and_refusals(browser: Browser, stub: Stub, url: str) -> None:
    """A visitor who asks for a seed that the server refuses, then a model that thinks and makes two calls at once."""
    chat = opened(browser, f"{url}?seed=7", viewport={"width": 390, "height": 800})
    expect(chat.panel.changed).to_contain_text("seed 7")  # a link's values come after the page
    calls = [
        chunk({"tool_calls": [{"index": 0, "id": f"call_{n}", "function": {"name": "no_tool", "arguments": "{}"}}]})
        for n in range(2)
    ]
    thinking = [chunk({"reasoning_content": piece}) for piece in (THOUGHT[:5], THOUGHT[5:])]
    stub.answers = [
        refuses(422, FORBIDDEN),
        sends(*thinking, chunk({"content": "Four."}, "stop"), b"data: [DONE]\n\n"),
        sends(*thinking, chunk({}, "length"), b"data: [DONE]\n\n"),
        sends(*calls, chunk({}, "tool_calls"), b"data: [DONE]\n\n"),
        sends(*WHOLE),
    ]
    chat.send("2 + 2?")
    chat.answered()
    expect(chat.ending).to_contain_text("doesn't support the seed, so this answer was made without it.")
    thought = chat.answers.locator(".thought > div")
    expect(thought).to_be_hidden()
    chat.answers.locator(".thought > summary").click()
    expect(thought).to_contain_text("4 <b>")
    chat.send("And so on?")
    chat.answered(2)
    expect(thought.last).to_be_visible()  # there is nothing else of that answer
    chat.send("Look it up.")
    chat.answered(3)
    expect(chat.calls).to_have_count(2)
    expect(thought).to_have_count(2)
    assert "**4**" not in str([body["messages"] for body in stub.bodies])
    chat.close()


def test_the_page_waits_for_a_server_that_is_not_up_and_goes_on_by_itself(browser: Browser) -> None:
    port = free_port()
    with running_app("--server", f"127.0.0.1:{port}") as url:
        chat = opened(browser, url)
        expect(chat.welcome).to_contain_text("Waiting for the server…")
        expect(chat.welcome).to_contain_text("You can ask already")
        chat.send("Hi")
        expect(chat.answers).to_contain_text("Waiting for the server…")
        with stub_server(port) as stub:
            stub.listing = tells({"data": [{"id": name} for name in ("an-embedding", "org/first", "org/second")]})
            stub.answers = [sends(*WHOLE)] * 2
            chat.answered()
            expect(chat.answers).to_contain_text("Hello")
            expect(chat.title).to_contain_text("first")
            chat.open_models()
            chat.models.get_by_label("Model", exact=True).click()
            expect(chat.place.get_by_role("option")).to_contain_text(["org/first", "org/second"])
            chat.place.get_by_role("option", name="org/second").click()
            chat.button(texts.model.use, chat.models).click()
            expect(chat.models.locator("#model-status")).to_contain_text("second")
            expect(chat.title).to_contain_text("second")
            chat.page.keyboard.press("Escape")
            chat.send("Again")
            chat.answered(2)
            assert [body["model"] for body in stub.bodies] == ["org/first", "org/second"]
        chat.close()
