"""Section 6, words of a model's server: in the log, on the page, and in calls."""

import asyncio
import json
import time

from playwright.sync_api import sync_playwright

from scripts.attack.arena import Arena, Case, Seen
from scripts.attack.upstream import HARM, calls, refuses

SECRET, WORDS = "sk-attack-8f2b6c1d9e", f"{HARM}: a visitor's own words of marmalade"
OWN = """Look:

<button class="do" value="edit 0">Press</button>

<div><button id="stop" class="do" value="edit 0">Press</button></div>
"""
NOT_OURS = "not tried: the app asks a server that is not ours"


async def _refused(arena: Arena) -> tuple[str, str]:
    """What is printed and what is told where the model's server refuses with words that it should not."""
    assert arena.upstream
    before = len(arena.printed())
    arena.upstream.answer = refuses(f"\x1b[31m\r\nERROR forged line\x07 key {SECRET} prompt: {WORDS} {'x' * 3_000}")
    async with arena.page() as page:
        outcome = await page.say(WORDS, **{"max-tokens": 4})
    return arena.printed()[before:], outcome.shown + outcome.notice


async def plain_log(arena: Arena) -> Seen:
    """The log in text."""
    if arena.upstream is None:
        return Seen(NOT_OURS, False)
    printed, _ = await _refused(arena)
    marks = {"a control character": "\x1b", "a forged line": "\nERROR forged", "the secret": SECRET, "words": WORDS}
    bad = [name for name, mark in marks.items() if mark in printed]
    return Seen(f"in the log: {', '.join(bad) or 'none of it'}; {len(printed)} characters", not bad)


async def json_log(arena: Arena) -> Seen:
    """The log as JSON, which promises that each line is some."""
    printed, _ = await _refused(arena)
    lines = [line for line in arena.printed().splitlines() if line.strip()]
    odd = [line for line in lines if not _is_json(line)]
    bad = [name for name, mark in (("the secret", SECRET), ("the visitor's words", WORDS)) if mark in printed]
    return Seen(
        f"{len(odd)} of {len(lines)} lines are no JSON; in the log: {', '.join(bad) or 'none of it'}",
        not bad and not odd,
    )


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


async def _call(arena: Arena, name: str, arguments: str) -> Seen:
    if arena.upstream is None:
        return Seen(NOT_OURS, False)
    arena.upstream.answer = calls(name, arguments)
    async with arena.page() as page:
        begun = time.monotonic()
        outcome = await page.say(HARM, **{"max-tokens": 16})
        took = time.monotonic() - begun
    return Seen(f"{outcome.state} after {took:.1f} s, {len(outcome.shown) / 1e6:.1f} MB shown", took < 6)


async def html_name(arena: Arena) -> Seen:
    """A call of a tool whose name is HTML."""
    return await _call(arena, "<img src=x onerror=alert(1)>" * 2_000, "{}")


async def large_arguments(arena: Arena) -> Seen:
    """A call with 10 MB of arguments."""
    return await _call(arena, "calculator", json.dumps({"expression": "1+" * 5_000_000}))


def _pressed(url: str) -> tuple[str, int, list[str]]:
    """What a browser shows of the answer, how many buttons in it were pressed, and what the page told the server."""
    told: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(url)
        box = page.locator("#message textarea")
        box.fill(OWN)
        box.press("Enter")
        answer = page.locator("#conversation .entry.assistant", has_text="0: Look:")
        answer.wait_for(timeout=20_000)
        page.wait_for_timeout(1_500)
        shown = answer.inner_text()
        page.on("request", lambda request: told.append(request.post_data or "") if request.method == "POST" else None)
        buttons = page.locator(
            "#conversation .entry.assistant button", has_text="Press"
        ).all()  # and none of the app's own
        for button in buttons:
            button.click()
        page.wait_for_timeout(1_500)
        browser.close()
    return shown, len(buttons), [body for body in told if '"do":' in body]


async def buttons(arena: Arena) -> Seen:
    """An answer with the page's own elements in it, in a browser."""
    shown, pressed, told = await asyncio.to_thread(_pressed, arena.url)
    is_rendered = shown.count("Press") == OWN.count("Press")  # as elements, or as the text that it is
    how = "shown" if is_rendered else "not shown whole"
    return Seen(f"the answer {how}, {pressed} buttons in it pressed; {len(told)} commands", is_rendered and not told)


CASES = (
    Case("6", "an upstream error's words in the log", plain_log),
    Case("6", "the same in a log of JSON", json_log, "kept"),
    Case("6", "a call with HTML for a name", html_name, seconds=40),
    Case("6", "a call with 10 MB of arguments", large_arguments, seconds=60, growth=600),
    Case("6", "an answer with the page's own buttons", buttons, seconds=60),
)
