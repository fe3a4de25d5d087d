"""What a person does on the page, in a real Chromium, with the demo model answering."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support.chat import EXAMPLES, SHAPES, Chat, opened
from tests.support.events import Events

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


def test_a_picture_and_a_question_bring_an_answer_about_the_picture(chat: Chat) -> None:
    chat.set(temperature="0")
    chat.send("Describe the image.", SHAPES)
    chat.answered()
    expect(chat.images).to_have_count(1)
    expect(chat.answers).to_contain_text("The image shows")
    expect(chat.answers).to_contain_text("27 image")


def test_equations_in_a_picture_lead_to_calls_and_an_answer(chat: Chat) -> None:
    chat.set(temperature="0")
    chat.button("Solve equations in an image").click()
    chat.answered()
    card = chat.calls.first
    expect(card).to_contain_text("my_calculator")
    expect(card).to_contain_text("expression")


def test_ones_own_message_stands_in_the_conversation_before_the_server_has_heard_of_it(chat: Chat) -> None:
    held: list[Route] = []
    chat.set(max_tokens="4")
    events = Events(chat.page)
    chat.attach(SHAPES)
    chat.box.fill("What is in the image?")
    events.wait_until_done()
    chat.page.route("**/queue/join*", lambda route: held.append(route), times=1)
    chat.box.press("Enter")
    expect(chat.pending).to_contain_text("What is in the image?")
    expect(chat.pending.locator("img")).to_have_count(1)
    expect(chat.entries).to_have_count(0)
    held.pop().continue_()
    chat.answered()
    expect(chat.pending).to_have_count(0)
    expect(chat.questions).to_have_text(["What is in the image?"])
    expect(chat.images).to_have_count(1)


@pytest.mark.parametrize("blank", ["", "   "])
def test_a_blank_message_cannot_be_sent_and_nothing_is_said_of_it(chat: Chat, blank: str) -> None:
    chat.send(blank)
    expect(chat.send_button).to_have_css("pointer-events", "none")
    chat.send("Hello")
    chat.answered()
    expect(chat.questions).to_have_text(["Hello"])
    expect(chat.toasts).to_have_count(0)


def test_a_text_file_named_png_is_refused_by_name_and_the_message_stays(chat: Chat, tmp_path: Path) -> None:
    fake = tmp_path / "holiday.png"
    fake.write_text("not a picture")
    chat.send("What is this?", fake)
    chat.told("holiday.png")
    expect(chat.box).to_have_value("What is this?")


def test_editing_a_message_asks_again_from_there(chat: Chat) -> None:
    chat.set(max_tokens="8")
    chat.send("Hello")
    chat.answered()
    chat.edit_question()
    expect(chat.box).to_have_value("Hello")
    chat.send("What can you do?")
    chat.answered(2)
    expect(chat.questions).to_have_text(["What can you do?"])


def test_an_answer_is_made_again_a_turn_is_taken_back_with_its_text_and_a_new_chat_is_empty(chat: Chat) -> None:
    chat.set(max_tokens="8")
    chat.send("Hello")
    chat.answered()
    chat.regenerate()
    chat.answered(2)
    expect(chat.questions).to_have_text(["Hello"])
    chat.undo()
    expect(chat.box).to_have_value("Hello")
    expect(chat.questions).to_have_count(0)
    chat.send("Hello")
    chat.answered(3)
    chat.new_chat()
    expect(chat.welcome).to_be_visible()


def test_the_limit_of_new_tokens_reaches_the_model(chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="3")
    chat.send("Hello")
    chat.answered()
    expect(chat.speed).to_contain_text("3 tokens")
    expect(chat.ending).to_contain_text("Reached the length limit.")


def test_the_tool_editor_says_where_the_mistake_is_and_keeps_the_text(chat: Chat) -> None:
    chat.panel.describe_tools('[{"name": "get_weather"')
    expect(chat.panel.tool_note).to_contain_text("line 1, column 24")
    chat.send("Hello")
    expect(chat.send_button).to_be_visible()
    expect(chat.box).to_have_value("Hello")
    expect(chat.box).to_be_focused()  # it takes the focus once more when its message is refused
    chat.panel.describe_tools(json.dumps(SCHEMA))
    expect(chat.panel.tool_note).to_contain_text("get_weather")


def test_a_declared_tool_is_answered_by_hand_and_the_turn_goes_on(chat: Chat) -> None:
    chat.set(temperature="0")
    chat.panel.describe_tools(json.dumps(CALCULATOR))
    expect(chat.panel.tool_note).to_contain_text("my_calculator")
    chat.send("Calculate the results for all the equations in the image.", EXAMPLES / "equations.png")
    expect(chat.open_call).to_contain_text("my_calculator", timeout=60_000)
    for still_open in range(chat.waiting_calls.count(), 0, -1):
        expect(chat.waiting_calls).to_have_count(still_open)
        chat.give_result("9")
    expect(chat.waiting_calls).to_have_count(0)
    expect(chat.button("Regenerate", chat.answers.nth(1))).to_be_visible(timeout=60_000)
    expect(chat.ending).to_have_count(0)
    expect(chat.done_calls.first).to_be_visible()


def test_an_unknown_variable_in_the_system_prompt_is_pointed_out(chat: Chat) -> None:
    chat.set(system_prompt="You are {name}. Talk like {pirate}.")
    expect(chat.panel.prompt_note).to_contain_text("{pirate}")


def test_two_visitors_never_see_each_others_messages(chat: Chat, browser: Browser, app: str) -> None:
    other = opened(browser, app)
    chat.send("Hello from the first")
    other.send("Hello from the second")
    chat.answered()
    other.answered()
    expect(chat.conversation).not_to_contain_text("from the second")
    expect(other.conversation).not_to_contain_text("from the first")
    other.close()
