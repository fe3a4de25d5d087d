"""What stands in messages (answers, questions, names, results, imports) is no part of the page, whatever it becomes."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.chat import Chat
from tests.support.events import Events

ARMED = '<button class="do" id="stop" name="body" value="close">go</button><img name="querySelector" alt="">'
# Markdown that one reader takes for code, and another might take for HTML.
WAYS = [
    "| a\n    {}", "text\n| a\n    {}", "- | a\n    {}", "10. | a\nb\n\n       {}", "| $$\n    {}", "$$\na\n$$\n    {}",
    "\\[\na\n\\]\n    {}", "a\n= = =\n    {}", "= = =\n    {}", "===\n    {}", "a\n-=-\n    {}", "-=-\n    {}",
    "a\n-*-\n    {}", "_=_\n    {}", "# a\n    {}", "a\n---\n    {}", "a\n===\n    {}", "---\n    {}", "___\n    {}",
    "- a\n```\n{}", "> ```\n{}", "> a\n      {}", "> # a\n    {}", "> a\n>     {}", "``` a\n```b\n{}\n```",
    "````\n```\n{}", "```\na\n``` \t\n    {}", "\t```\n{}", "~~~ a`b\n{}", "a ` b\n\n` {} `", "``a ` {} ` b",
    "\u2028    {}",
    "| a | b |\n|---|---|\n| `a | {}` |", "[a](<b {}>)", "[a]: <b\n    {}", "2. a\n\n       {}", "a\n2. b\n      {}",
    "-\n\n      {}", "-\n      {}", "\x0b    {}", "a\n\x0c    {}", "a\r    {}", "```\rb\r```\r{}", "$${}$$", "$x+{}$",
    "\\({}\\)", "$\\text{{{}}}$", "\ufdd0{}\ufdd1", "\ufdd2 a \ufdd3\n    {}", "[^1]\n\n[^1]: a\n\n        {}",
    "-\t\ta\n    {}", "> - a\n>\n>       {}", "> - a\n      {}", "- a\n\nb\n\n      {}",
    "#\ta\n    {}", "#######\n    {}",
    "<details>\n    {}", "{}", "&lt;b&gt;{}", "<!-- \n    {}", "<pre>\n\n    {}", "``\n    {}",
]  # fmt: skip
# What would act, hide or be found where it were elements of the page: each has the name or class of one of the page's.
BUTTONS = ("close", "edit 0", "turn 1 1", "remove 0", "continue 1")
NAMES = (
    "retry", "clear", "undo", "export-all", "new-chat", "compare-start", "tool-run", "tool-result-send", "picture-add",
    "import", "take-left",
)  # fmt: skip
MEMBERS = ("querySelector", "querySelectorAll", "body", "addEventListener", "createElement")
PARTS = [
    *(f'<button class="do" value="{value}">go</button>' for value in BUTTONS),
    *(f'<button class="do" value="{value}"><b>go</b></button>' for value in ("inspect 1", "move 0 1", "keep turns")),
    '<div class="foot"><button class="do" value="continue 1">go</button></div>',
    '<div class="message-content"><div class="foot"><button class="do" value="edit 0">go</button></div></div>',
    '<div data-testid="bot" aria-label="bot\'s message: <div class=&quot;foot&quot;>"><div class="message-content">'
    '<button class="do" value="edit 0">go</button></div></div>',
    '<div aria-label="About the answer"><button class="do" value="edit 0">go</button></div>',
    '<select class="do" name="detail 0"><option>1</option><option selected>2</option></select>',
    '<div id="message"><button class="stop-button">stop</button><button class="submit-button">send</button></div>',
    '<div id="message"><input type="file"><textarea>x</textarea></div>', '<button id="stop">stop</button>',
    '<div id="strip"><p class="editing">x</p><ol><li>1</li></ol></div>', '<div class="inspector">x</div>',
    '<div id="answering">x</div>', '<svg id="answering"><text>x</text></svg>', '<math id="answering"><mi>x</mi></math>',
    *(f'<button id="{name}">x</button>' for name in NAMES),
    '<div class="sidebar open"><button class="toggle-button">x</button></div>', '<ul id="shelf-list"><li>x</li></ul>',
    '<input id="shelf-search" value="x">', '<div id="private"><input type="checkbox"></div>', '<div id="place">x</div>',
    '<div id="conversation"><div class="bubble-wrap"><div class="message-row">x</div></div></div>',
    '<div id="compare-left"><div class="bubble-wrap">x</div></div>', '<p id="camera">x</p><p id="camera-refused">x</p>',
    '<div id="conversation"><textarea class="edit-textarea">x</textarea></div>', '<p id="shelf-empty">x</p>',
    *(f'<img name="{name}" alt="">' for name in MEMBERS),
    *(f'<form name="{name}"><input name="matches"></form>' for name in ("getElementById", "head", "location")),
    '<form action="/logout"><input name="removeAttribute"><input name="querySelectorAll"><input type="submit"></form>',
    '<form id="f"><input name="id"></form><button form="f" formaction="/logout">x</button>',
    '<label for="message">x</label>',
    '<a id="answering" href="#stop">x</a>', '<details id="answering" open><summary>x</summary></details>',
    '<a class="thumbnail-add" id="message" name="body">x</a>', '<section id="tool-form"><button>x</button></section>',
    '<table id="message"><tr><td class="stop-button">x</td></tr></table>', '<dialog open>x</dialog>',
    '<div contenteditable="true" tabindex="0" accesskey="n" role="dialog" style="position:fixed;inset:0">x</div>',
]  # fmt: skip
NO_SIGN = re.compile("[\ufdd0-\ufdd3\ufffd]")
# What a text may never become, wherever it stands; the page's own buttons stand in these parts of a message.
OURS = ":is(.actions, .ending, .calls)"
FOREIGN = f"""#conversation .content :is([id], [name], form, input, textarea, select, dialog, script, style, iframe,
  img, [contenteditable], [accesskey], .inspector, .sidebar, .editing, .stop-button, .submit-button,
  .do:not({OURS} *), svg:not({OURS} *), [style]:not(td, th))"""
CLICK = f"""() => {{
  const all = document.querySelectorAll("#conversation .content *");
  for (const element of all) {{
    if (element.closest("{OURS}, a[href], figcaption, .copy-table")) continue;
    element.dispatchEvent(new MouseEvent("click", {{ bubbles: true, cancelable: true }}));
    for (const name of ["input", "change"]) element.dispatchEvent(new Event(name, {{ bubbles: true }}));
  }}
  return all.length;
}}"""


def bare(text: str) -> str:
    """Without blanks, and without signs that no text may be sent with."""
    return "".join(NO_SIGN.sub("", text).split())


def sent_while(page: Page) -> list[str]:
    """The calls that the page makes from now on."""
    calls = list[str]()
    page.on("request", lambda asked: calls.append(asked.post_data or "") if "/queue/join" in asked.url else None)
    return calls


def test_no_text_of_a_message_becomes_a_part_of_the_page_or_acts(chat: Chat, tmp_path: Path) -> None:
    texts = [way.format(ARMED) for way in WAYS] + PARTS + [f"| a\n    {part}" for part in PARTS]
    messages = list[object]()
    for number, text in enumerate(texts):
        name, call = text.replace("\n", " ")[:60], f"a{number:08d}"
        messages += [{"role": "user", "content": text}, {"role": "assistant", "content": text}]
        if number % 10 == 0:
            function = {"name": name, "arguments": json.dumps({name: text})}
            calls = [{"id": call, "type": "function", "function": function}]
            messages[-1] = {"role": "assistant", "content": "", "tool_calls": calls}
            messages += [
                {"role": "tool", "tool_call_id": call, "content": text},
                {"role": "assistant", "content": text},
            ]
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(messages))
    events = Events(chat.page)
    chat.import_file(file)
    expect(chat.answers.last).to_be_visible()
    chat.show_all()
    expect(chat.questions).to_have_count(len(texts))
    assert chat.page.locator(FOREIGN).evaluate_all("(found) => found.map((element) => element.outerHTML)") == []
    read = chat.questions.evaluate_all("(found) => found.map((element) => element.textContent)")
    assert [bare(text) for text in read] == [bare(text) for text in texts]
    events.wait_until_done()
    calls = sent_while(chat.page)
    assert chat.page.evaluate(CLICK) > len(texts)
    chat.transcript.click(position={"x": 5, "y": 5})
    for key in ("Escape", "/", "Escape"):
        chat.page.keyboard.press(key)
    expect(chat.box).to_be_focused()
    events.wait_until_done()
    assert calls == []
