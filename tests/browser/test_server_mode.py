"""The page with a model that runs on a server: a process without torch."""

import re
import shutil
from pathlib import Path

import psutil
from playwright.sync_api import Browser, expect

from backend.chat.messages import Text, UserMessage
from backend.chat.request import ChatRequest
from backend.runtime.server_tokenizer import AS_WRITTEN
from backend.tokenization.tokenizer import Tokenizer
from tests.browser.conftest import free_port, running_app
from tests.browser.test_page import answered, send
from tests.conftest import DEMO, SHAPES
from tests.support.processes import command_of, libraries
from tests.support.stub_server import WHOLE, Stub, chunk, refuses, sends, stub_server, tells

THOUGHT = "2 and 2:\n\n# **4** <b>"
FORBIDDEN = "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]"


def test_the_page_talks_to_a_server_without_loading_torch_and_says_what_goes_wrong(browser: Browser) -> None:
    with stub_server() as stub, running_app("--server", stub.url) as url:
        page = browser.new_context().new_page()
        page.goto(url)
        expect(page.locator("#header h1")).to_have_text("tiny")
        expect(page.locator("#meter summary")).to_have_text(re.compile("^about [0-9]+ tokens$"))
        stub.answers = [sends(*WHOLE), sends(WHOLE[0], WHOLE[1]), refuses(500, "Traceback /srv/x.py")]
        send(page, "Hi")
        answered(page)
        expect(page.get_by_test_id("bot").first).to_contain_text("Hello")
        page.get_by_role("button", name="Inspect").click()
        expect(page.get_by_text("cannot be shown without the model's tokenizer")).to_be_visible()
        send(page, "Again")
        answered(page, 2)
        expect(page.locator(".foot").last).to_contain_text("broke the answer off")
        send(page, "And again")
        answered(page, 3)
        expect(page.locator(".foot").last).to_contain_text("fault of its own")
        page.context.close()
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
            page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
            prompt = page.locator("#system-prompt textarea")
            for _ in range(30):  # it is loaded behind the open page
                page.goto(url)
                expect(prompt).to_have_value(re.compile("You are {name}"))
                page.wait_for_timeout(1000)
                if prompt.input_value() == "You are {name} itself.":
                    break
            expect(prompt).to_have_value("You are {name} itself.")
            page.set_input_files("#message input[type=file]", SHAPES.path)
            expect(page.locator("#strip li")).to_contain_text("224 × 84 · 27 tokens")
            page.fill("#message textarea", "What is <s> here?")
            meter = f"{tokens:,} of 8,192 tokens · {8192 - tokens:,} left for the answer"
            expect(page.locator("#meter summary")).to_have_text(re.compile(f"^ ?{meter}$"))
            stub.answers = [sends(*WHOLE)]
            page.press("#message textarea", "Enter")
            answered(page)
            page.get_by_role("button", name="Inspect").click()
            inspector = page.locator("#inspector")
            expect(inspector).to_contain_text(f"{tokens:,} tokens in the prompt")
            expect(inspector).to_contain_text(AS_WRITTEN)
            expect(inspector.locator(".control").first).to_have_text("<s>")
            expect(inspector.locator(".text").first).to_have_text("You are tiny itself.")
            expect(inspector.locator(".text").last).to_have_text("What is <s> here?")
            page.context.close()
            linked = browser.new_context().new_page()
            linked.goto(f"{url}?system=Be brief.")
            prompt = linked.locator("#system-prompt textarea")
            expect(prompt).to_have_value("Be brief.")
            linked.wait_for_timeout(1000)
            expect(prompt).to_have_value("Be brief.")
            linked.context.close()


def _thoughts_calls_and_refusals(browser: Browser, stub: Stub, url: str) -> None:
    """A visitor who asks for a seed that the server refuses, then a model that thinks and makes two calls at once."""
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto(f"{url}?seed=7")
    expect(page.locator("#changed")).to_contain_text("seed 7")  # a link's values come after the page
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
    send(page, "2 + 2?")
    answered(page)
    expect(page.locator(".foot")).to_contain_text("does not take the seed, so this answer was made without it.")
    thought = page.locator(".thought p")
    expect(thought).to_be_hidden()
    page.get_by_text("Thought", exact=True).click()
    assert thought.inner_text() == THOUGHT
    send(page, "And so on?")
    answered(page, 2)
    expect(thought.last).to_be_visible()  # there is nothing else of that answer
    send(page, "Look it up.")
    answered(page, 3)
    expect(page.locator(".call")).to_have_count(2)
    expect(thought).to_have_count(2)
    assert "**4**" not in str([body["messages"] for body in stub.bodies])
    page.context.close()


def test_the_page_waits_for_a_server_that_is_not_up_and_goes_on_by_itself(browser: Browser) -> None:
    port = free_port()
    with running_app("--server", f"127.0.0.1:{port}") as url:
        page = browser.new_context().new_page()
        page.goto(url)
        expect(page.locator("#header p")).to_have_text("Waiting for the server…")
        expect(page.locator("#conversation")).to_contain_text("Ask already")
        send(page, "Hi")
        expect(page.get_by_test_id("bot").first).to_contain_text("Waiting for the server…")
        with stub_server(port) as stub:
            stub.listing = tells({"data": [{"id": name} for name in ("an-embedding", "org/first", "org/second")]})
            stub.answers = [sends(*WHOLE)] * 2
            answered(page)
            expect(page.get_by_test_id("bot").first).to_contain_text("Hello")
            expect(page.locator("#header h1")).to_have_text("first")
            expect(page.locator("#header p")).to_have_text("text · pictures · tools")
            page.get_by_role("tab", name="Model").click()
            expect(page.locator("#keep")).to_be_hidden()  # it is a tab beside the settings, not below them
            page.locator("#model input").click()
            expect(page.get_by_role("option")).to_contain_text(["org/first", "org/second"])
            page.get_by_role("option", name="org/second").click()
            page.locator("#model-load").click()
            expect(page.locator("#model-status")).to_contain_text("second answers now")
            expect(page.locator("#header h1")).to_have_text("second")
            send(page, "Again")
            answered(page, 2)
            assert [body["model"] for body in stub.bodies] == ["org/first", "org/second"]
        page.context.close()
