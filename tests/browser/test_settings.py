"""The settings, the dialogs that belong to them and the start page, as they are seen, heard and used by keys."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
OPTIONAL = {
    "name": "measure",
    "parameters": {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "factor": {"type": "number"}, "exact": {"type": "boolean"}},
    },
}
SEED = re.compile(r"seed (\d+)")


@pytest.fixture
def panel(page: Page) -> Locator:
    """The settings, open."""
    page.get_by_role("button", name="Settings", exact=True).click()
    side = page.locator("#panel")
    expect(side).to_be_visible()
    return side


@pytest.fixture
def phone(browser: Browser, app: str) -> Iterator[Page]:
    """A visitor with a phone on the loaded page."""
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    visitor = context.new_page()
    visitor.goto(app)
    visitor.locator("#message textarea").wait_for()
    yield visitor
    context.close()


def choose(page: Page, field: str, name: str) -> None:
    page.locator(field).locator("input").click()
    page.get_by_role("option", name=name, exact=True).click()


def seed_of_an_answer(page: Page) -> str:
    """The seed with which a new chat's first message is answered, as the inspector has it."""
    before = int(page.locator("body").get_attribute("data-answers") or 0)
    page.fill("#message textarea", "Hello")
    page.press("#message textarea", "Enter")
    expect(page.locator("body")).to_have_attribute("data-answers", str(before + 1), timeout=60_000)
    page.locator("#conversation .entry.assistant .menu summary").last.click()
    page.get_by_role("button", name="View prompt").click()
    expect(page.locator("#inspector")).to_contain_text(SEED)
    seed = SEED.search(page.locator("#inspector").inner_text())
    assert seed
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+n")
    expect(page.locator("#conversation .entry")).to_have_count(0)
    return seed[1]


def test_looking_at_the_advanced_settings_leaves_the_seed_to_chance(page: Page, panel: Locator) -> None:
    panel.get_by_role("button", name="Advanced").click()
    expect(panel.get_by_label("Seed", exact=True)).to_be_visible()
    page.locator("#max-tokens input[type=number]").fill("2")
    page.locator("#max-tokens input[type=number]").blur()
    expect(page.locator("#changed")).to_contain_text("Modified: max response length 2 Reset to defaults")
    assert len({seed_of_an_answer(page) for _ in range(2)}) == 2
    panel.get_by_label("Seed", exact=True).fill("11")
    expect(page.locator("#changed")).to_contain_text("seed 11")
    assert seed_of_an_answer(page) == "11"


def test_a_mistake_is_told_at_its_field_to_eyes_and_ears_and_resetting_takes_it_away(
    page: Page, panel: Locator
) -> None:
    panel.get_by_role("button", name="Advanced").click()
    seed = panel.get_by_label("Seed", exact=True)
    expect(seed).to_have_accessible_description("Leave empty for a random seed")
    seed.fill("eleven")
    told = page.locator("#seed-note")
    expect(told).to_have_text("Seed must be a whole number, or empty.")
    expect(seed).to_have_attribute("aria-invalid", "true")
    expect(seed).to_have_accessible_description(re.compile("Seed must be a whole number"))
    field, note = seed.bounding_box(), told.bounding_box()
    assert field
    assert note
    assert 0 <= note["y"] - field["y"] - field["height"] < 20
    seed.fill("")
    expect(seed).to_have_attribute("aria-invalid", "false")
    panel.get_by_label("Stop sequences").fill("x" * 201)
    expect(page.locator("#stop-note")).to_contain_text("at most 200 characters")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_what_is_modified_is_named_and_reset(page: Page, panel: Locator) -> None:
    page.locator("#temperature input[type=number]").fill("0.9")
    page.locator("#temperature input[type=number]").blur()
    expect(page.locator("#changed")).to_contain_text("Modified: temperature 0.9")
    page.get_by_role("button", name="Reset to defaults").click()
    expect(page.locator("#temperature input[type=number]")).to_have_value("0.15")
    expect(page.locator("#changed")).to_be_hidden()


def test_a_call_that_cannot_be_required_is_told_with_its_remedies(page: Page, panel: Locator) -> None:
    choose(page, "#tool-choice", "Required")
    note = page.locator("#choice-note")
    expect(note).to_contain_text("Tool use is set to Required, but no tool is on.")
    note.get_by_role("button", name="Turn on a tool").click()
    expect(page.locator("#settings-tools h3")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(panel.get_by_role("switch", name="Calculator")).to_be_checked()
    expect(note).to_be_hidden()
    page.keyboard.press("Space")
    note.get_by_role("button", name="Set to Auto").click()
    expect(page.locator("#tool-choice input")).to_have_value("Auto")
    expect(note).to_be_hidden()


def test_a_template_takes_the_place_of_ones_own_words_only_until_they_are_wanted_back(
    page: Page, panel: Locator
) -> None:
    prompt = panel.get_by_label("System prompt")
    expect(page.locator("#preset input")).to_have_value("Default")
    prompt.fill("My own {today} and {pirate}")
    expect(page.locator("#preset input")).to_have_value("Custom")
    expect(page.locator("#prompt-note")).to_contain_text("Unknown variable {pirate}.")
    choose(page, "#preset", "Translator")
    expect(prompt).to_have_value(re.compile("a translator"))
    page.locator("#prompt-note").get_by_role("button", name="Undo").click()
    expect(prompt).to_have_value("My own {today} and {pirate}")
    expect(page.locator("#preset input")).to_have_value("Custom")
    expect(page.locator("#prompt-note").get_by_role("button", name="Undo")).to_have_count(0)


def test_ones_own_template_survives_a_reload_and_can_be_deleted(page: Page, panel: Locator) -> None:
    panel.get_by_role("button", name="My templates").click()
    delete = page.get_by_role("button", name="Delete template")
    expect(delete).to_be_disabled()
    panel.get_by_label("System prompt").fill("Answer like a pirate.")
    page.get_by_role("button", name="Save as template").click()
    expect(page.locator("#preset-note")).to_have_text("Enter a name.")
    panel.get_by_label("Name", exact=True).fill("Pirate")
    page.get_by_role("button", name="Save as template").click()
    expect(page.locator("#preset-note")).to_have_text("Saved in this browser.")
    page.reload()
    page.locator("#message textarea").wait_for()
    if panel.is_hidden():
        page.get_by_role("button", name="Settings", exact=True).click()
    choose(page, "#preset", "Pirate")
    expect(page.locator("#system-prompt textarea")).to_have_value("Answer like a pirate.")
    panel.get_by_role("button", name="My templates").click()
    expect(delete).to_be_enabled()
    delete.click()
    expect(page.locator("#preset input")).to_have_value("Custom")
    expect(delete).to_be_disabled()


def test_custom_tools_have_a_dialog_with_an_example_and_a_bench_whose_empty_fields_stay_empty(
    page: Page, panel: Locator
) -> None:
    panel.get_by_role("button", name="Custom tools").click()
    dialog = page.get_by_role("dialog", name="Custom tools")
    dialog.get_by_role("button", name="Insert example").click()
    expect(page.locator("#tool-note")).to_have_text("✓ 2 custom tools: get_current_population, rewrite")
    expect(dialog.get_by_role("button", name="Insert example")).to_be_disabled()
    page.click("#tool-schemas .cm-content")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(json.dumps(OPTIONAL))
    expect(page.locator("#tool-note")).to_have_text("✓ 1 custom tool: measure")
    dialog.get_by_role("button", name="Format").click()
    expect(page.locator("#tool-schemas .cm-line").nth(1)).to_have_text('"name": "measure",')
    dialog.get_by_role("button", name="Test a tool").click()
    dialog.get_by_role("button", name="measure").click()
    for name, empty in (("count", ""), ("factor", ""), ("exact", "Leave out")):
        expect(dialog.get_by_label(f"{name} (optional)")).to_have_value(empty)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(panel.get_by_role("button", name="Custom tools")).to_be_focused()


def test_every_field_is_called_as_it_is_written_and_reached_in_order(page: Page, panel: Locator) -> None:
    for role, name in (
        ("combobox", "Template"), ("textbox", "System prompt"), ("slider", "Temperature"),
        ("spinbutton", "Temperature"), ("slider", "Max response length (tokens)"),
        ("combobox", "Tool use"), ("group", "Run tool calls"),
    ):  # fmt: skip
        expect(panel.get_by_role(role, name=name, exact=True)).to_be_visible()  # type: ignore[arg-type]
    expect(panel.get_by_role("slider", name="Temperature")).to_have_accessible_description(re.compile("0.15"))
    fold = panel.get_by_role("button", name="Advanced")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(panel.get_by_role("group", name="Context to send")).to_be_visible()
    last = page.locator("#composer :is(button, textarea, summary):visible").last
    assert page.evaluate(
        "([one, other]) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING)",
        [last.element_handle(), panel.element_handle()],
    )


def test_on_a_phone_the_settings_are_a_sheet_over_the_whole_width_that_a_cross_closes(phone: Page) -> None:
    expect(phone.locator("#panel")).to_be_hidden()
    phone.get_by_role("button", name="Settings", exact=True).click()
    sheet = phone.locator("#panel")
    expect(sheet).to_be_in_viewport(ratio=0.9)
    box = sheet.bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 390)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.locator("#panel .label-wrap").get_by_text("Advanced").click()
    small = """(fields) => fields.filter((field) => field.offsetParent && field.offsetHeight < 40)
      .map((field) => field.outerHTML.slice(0, 90))"""
    assert not phone.locator("#panel :is(button, textarea, input:not([type=radio], [type=checkbox]))").evaluate_all(
        small
    )
    assert not phone.locator("#panel fieldset label").evaluate_all(small)
    sizes = "(fields) => fields.map((field) => parseFloat(getComputedStyle(field).fontSize))"
    assert min(phone.locator("#panel :is(textarea, input:not([type=range]))").evaluate_all(sizes)) >= 16
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()
    expect(phone.get_by_role("button", name="Settings", exact=True)).to_be_focused()


def test_on_a_phone_the_start_page_needs_no_scrolling_and_has_four_rows_to_touch(phone: Page) -> None:
    rows = phone.locator("#examples .example")
    expect(rows).to_have_count(4)
    for row in rows.all():
        expect(row).to_be_in_viewport(ratio=1)
        box = row.bounding_box()
        assert box
        assert box["height"] == 48
    lowest, composer = rows.last.bounding_box(), phone.locator("#composer").bounding_box()
    assert lowest
    assert composer
    assert lowest["y"] + lowest["height"] < composer["y"]  # within a thumb's reach, where it is in a conversation too
    assert composer["y"] + composer["height"] > 770
    expect(phone.get_by_role("heading", name="What can I help with?")).to_be_in_viewport(ratio=1)
    assert phone.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_start_page_says_where_a_chat_is_kept_and_that_a_temporary_one_is_not(page: Page) -> None:
    welcome = page.locator("#welcome")
    expect(welcome).to_contain_text("You’re talking to a tiny demo model.")
    expect(welcome.get_by_text("stored only in this browser")).to_be_visible()
    page.get_by_role("button", name="Temporary chat").click()
    expect(welcome.get_by_text("it won’t be saved")).to_be_visible()
    expect(welcome.get_by_text("stored only in this browser")).to_be_hidden()


def test_another_models_needs_are_told_before_it_is_loaded(page: Page) -> None:
    page.get_by_role("button", name="Mistral Demo").click()
    dialog = page.get_by_role("dialog", name="Model")
    expect(dialog).to_contain_text("Loading a model unloads the current one.")
    expect(page.locator("#model-needs")).to_have_text("Mistral Demo runs on any machine.")
    choose(page, "#model", "Mistral Small 3.2")
    dialog.get_by_label("4-bit").check()
    expect(page.locator("#model-needs")).to_have_text(
        re.compile(r"Small 3\.2 in 4-bit needs about \d+ GB of GPU memory")
    )
    page.locator("#model input").fill("/nowhere/at/all")
    page.locator("#model input").press("Enter")
    dialog.get_by_role("button", name="Load model").click()
    expect(page.locator("#model-status").get_by_role("alert")).to_contain_text("/nowhere/at/all")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize(
    ("example", "told"),
    [
        ("Solve equations in an image", "12"), ("What should I do here?", "[a-z]+"),
        ("Use a tool: population of France", "68"), ("Write an A-to-Z sentence", "[Aa]"),
    ],
)  # fmt: skip
def test_each_example_is_answered_at_one_click(example: str, told: str, page: Page, panel: Locator) -> None:
    page.locator("#temperature input[type=number]").fill("0")
    page.locator("#temperature input[type=number]").blur()
    expect(page.locator("#changed")).to_contain_text("temperature 0")
    page.get_by_role("button", name=example).click()
    expect(page.locator("body")).to_have_attribute("data-answers", "1", timeout=60_000)
    expect(page.locator("#conversation .entry.assistant").last).to_contain_text(re.compile(told))
    expect(page.locator("#conversation .ending.failed")).to_have_count(0)
