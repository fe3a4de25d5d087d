"""What a person does on the page, in a real Chromium, with the demo model answering."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

STOP, SEND = "#message .stop-button", "#message .submit-button"  # the one in the other's place
EXAMPLES = Path(__file__).resolve().parent.parent.parent / "assets" / "examples"
SCHEMA = {"name": "get_weather", "description": "Weather", "parameters": {"type": "object", "properties": {}}}

CALCULATOR = {
    "name": "my_calculator",
    "description": "A calculator that can evaluate a mathematical expression.",
    "parameters": {
        "type": "object",
        "properties": {"expression": {"type": "string", "description": "The mathematical expression to evaluate."}},
        "required": ["expression"],
    },
}


def send(page: Page, text: str, *pictures: Path) -> None:
    """Sends a message with pictures, each when the one before it has arrived."""
    if pictures:
        page.set_input_files("#message input[type=file]", [str(picture) for picture in pictures])
        expect(page.locator("#strip li")).to_have_count(len(pictures))
    page.fill("#message textarea", text)
    page.press("#message textarea", "Enter")


def answered(page: Page, count: int = 1) -> None:
    """Waits until so many answers are done since the page was loaded."""
    expect(page.locator("body")).to_have_attribute("data-answers", str(count), timeout=60_000)
    expect(page.locator(STOP)).to_be_hidden()


def settings(page: Page, **values: str) -> None:
    """Fills number fields of the settings by element id."""
    for name, value in values.items():
        field = page.locator(f"#{name.replace('_', '-')} :is(input:not([type=range]), textarea)")
        field.fill(value)
        field.blur()


def open_tools(page: Page) -> None:
    page.get_by_role("tab", name="Tools").click()


def test_a_picture_and_a_question_bring_an_answer_about_the_picture(page: Page) -> None:
    settings(page, temperature="0")
    send(page, "Describe the image.", EXAMPLES / "shapes.png")
    answered(page)
    expect(page.get_by_test_id("user").locator("img")).to_have_count(1)
    expect(page.get_by_test_id("bot").first).to_contain_text("The image shows")
    expect(page.locator(".foot").last).to_contain_text("27 pictures")


def test_equations_in_a_picture_lead_to_calls_and_an_answer(page: Page) -> None:
    settings(page, temperature="0")
    page.get_by_text("Solve the equations in a picture").click()
    answered(page)
    card = page.locator(".call").first
    expect(card).to_contain_text("my_calculator")
    expect(card.locator("th")).to_have_text("expression")


@pytest.mark.parametrize("blank", ["", "   "])
def test_a_blank_message_gets_a_sentence_and_no_answer(page: Page, blank: str) -> None:
    send(page, blank)
    expect(page.get_by_text("Write a message or add a picture first.")).to_be_visible()
    expect(page.get_by_test_id("user")).to_have_count(0)


def test_a_text_file_named_png_is_refused_by_name_and_the_message_stays(page: Page, tmp_path: Path) -> None:
    fake = tmp_path / "holiday.png"
    fake.write_text("not a picture")
    send(page, "What is this?", fake)
    expect(page.get_by_text("holiday.png").first).to_be_visible()
    expect(page.locator("#message textarea")).to_have_value("What is this?")


def test_editing_a_message_asks_again_from_there(page: Page) -> None:
    send(page, "Hello")
    answered(page)
    page.get_by_role("button", name="Edit").first.click()
    page.locator("#conversation textarea").fill("What can you do?")
    page.get_by_role("button", name="Submit").first.click()
    expect(page.get_by_test_id("user").first).to_contain_text("What can you do?")
    answered(page, 2)
    expect(page.get_by_test_id("user")).to_have_count(1)


def test_retry_answers_again_undo_returns_the_text_and_clear_empties(page: Page) -> None:
    send(page, "Hello")
    answered(page)
    page.click("#retry")
    expect(page.get_by_test_id("user")).to_have_count(1)
    answered(page, 2)
    page.click("#undo")
    expect(page.locator("#message textarea")).to_have_value("Hello")
    expect(page.get_by_test_id("user")).to_have_count(0)
    send(page, "Hello")
    answered(page, 3)
    page.click("#clear")
    expect(page.get_by_test_id("user")).to_have_count(0)


def test_the_limit_of_new_tokens_reaches_the_model(page: Page) -> None:
    settings(page, temperature="0", max_tokens="3")
    send(page, "Hello")
    answered(page)
    expect(page.locator(".foot")).to_contain_text("3 written")
    expect(page.locator("#conversation")).to_contain_text("cut off")


def test_the_tool_editor_says_where_the_mistake_is_and_keeps_the_text(page: Page) -> None:
    open_tools(page)
    page.click("#tool-schemas .cm-content")
    page.keyboard.insert_text('[{"name": "get_weather"')
    expect(page.locator("#tool-note")).to_contain_text("line 1, column 24")
    send(page, "Hello")
    expect(page.locator("#message textarea")).to_have_value("Hello")
    page.wait_for_timeout(1000)  # the box takes the focus once more when its message is refused
    page.click("#tool-schemas .cm-content")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(json.dumps(SCHEMA))
    expect(page.locator("#tool-note")).to_contain_text("get_weather")


def test_a_declared_tool_is_answered_by_hand_and_the_turn_goes_on(page: Page) -> None:
    settings(page, temperature="0")
    open_tools(page)
    page.click("#tool-schemas .cm-content")
    page.keyboard.insert_text(json.dumps(CALCULATOR))
    expect(page.locator("#tool-note")).to_contain_text("my_calculator")
    send(page, "Calculate the results for all the equations in the image.", EXAMPLES / "equations.png")
    expect(page.locator("#tool-form")).to_contain_text("my_calculator", timeout=60_000)
    waiting = page.locator(".call.waiting")
    for still_open in range(waiting.count(), 0, -1):
        expect(waiting).to_have_count(still_open)
        page.fill("#tool-result textarea", "9")
        page.click("#tool-result-send")
    expect(waiting).to_have_count(0)
    expect(page.locator(".foot").last).to_contain_text("ended by itself", timeout=60_000)
    expect(page.locator(".call.done").first).to_be_visible()


def test_an_unknown_variable_in_the_system_prompt_is_pointed_out(page: Page) -> None:
    page.fill("#system-prompt textarea", "You are {name}. ChatComponents like {pirate}.")
    expect(page.locator("#prompt-note")).to_contain_text("{pirate}")


def test_two_visitors_never_see_each_others_messages(page: Page, browser: Browser, app: str) -> None:
    other = browser.new_page()
    other.goto(app)
    other.locator("#message textarea").wait_for()
    send(page, "Hello from the first")
    send(other, "Hello from the second")
    answered(page)
    answered(other)
    expect(page.locator("#conversation")).not_to_contain_text("from the second")
    expect(other.locator("#conversation")).not_to_contain_text("from the first")
    other.close()
