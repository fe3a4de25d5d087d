"""What stands in messages (answers, questions, names, results, imports) is no part of the page, whatever it becomes."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_page import answered, send

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
# What would act, hide or be found where it were elements of the page. Each has the name or class of one of the page's.
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
INSERT = """(parts) => {
  const place = [...document.querySelectorAll("#conversation .message-content .md")].at(-2);
  for (const part of parts) place.insertAdjacentHTML("beforeend", part);
}"""
CLICK = """() => {
  const all = Document.prototype.querySelectorAll.call(document, "#conversation .message-content *");
  for (const element of all) {
    if (Element.prototype.closest.call(element, ".message-content [data-kept], a[href]")) continue;
    element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    for (const name of ["input", "change"]) element.dispatchEvent(new Event(name, { bubbles: true }));
  }
  return all.length;
}"""
KEPT = """() => document.querySelectorAll("#conversation .foot").forEach((foot) => {
  if (foot.parentElement.childElementCount === 1 && foot.querySelector(".stats")) foot.dataset.kept = "";
})"""
FOUND = "#conversation .message-content :is(.do, #stop, [name], form, input):not(.foot > *)"


def sent_while(page: Page) -> list[str]:
    """The calls that the page makes from now on."""
    calls = list[str]()
    page.on("request", lambda asked: calls.append(asked.post_data or "") if asked.url.endswith("/queue/join") else None)
    return calls


def test_no_text_of_a_message_becomes_a_part_of_the_page(page: Page, tmp_path: Path) -> None:
    texts = [way.format(ARMED) for way in WAYS] + [f"| a\n    {part}" for part in PARTS]
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
    page.get_by_text("Export, import, share").click()
    page.set_input_files("input[type=file][accept*=json]", str(file))
    expect(page.locator("#conversation .bot.message").nth(len(texts) - 1)).to_be_attached()
    assert page.locator(FOUND).evaluate_all("(found) => found.map((element) => element.outerHTML)") == []


def test_no_element_in_a_message_acts_or_is_taken_for_one_of_the_page(page: Page) -> None:
    assert len(PARTS) >= 60
    send(page, "Name three colours.")
    answered(page)
    page.wait_for_timeout(1500)  # what the end of the answer leads to is sent
    page.evaluate(KEPT)
    calls = sent_while(page)
    page.evaluate(INSERT, PARTS)
    assert page.evaluate(CLICK) > len(PARTS)
    for _ in range(3):
        page.keyboard.press("Escape")
    page.locator("#conversation .message").first.click()
    for key in ("Escape", "/", "Escape"):
        page.keyboard.press(key)
    page.wait_for_timeout(1500)  # in which the page's own timers look around
    assert calls == []
    expect(page.locator("#message .submit-button")).to_be_visible()
    send(page, "And now?")
    answered(page, 2)
    page.locator("#conversation .foot [value^=edit]").last.click()  # the server's own buttons do what they did
    expect(page.locator("#strip .editing")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#strip .editing")).to_have_count(0)
