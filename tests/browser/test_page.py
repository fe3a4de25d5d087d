"""What a person does on the page, in a real Chromium, with the demo model answering."""

import json

from playwright.sync_api import Browser, expect

from tests.support.chat import SHAPES, Chat, opened
from ui.texts import texts

SCHEMA = {"name": "get_weather", "description": "Weather", "parameters": {"type": "object", "properties": {}}}


def test_a_picture_and_a_question_bring_an_answer_about_the_picture(chat: Chat) -> None:
    chat.set(temperature="0")
    chat.send("Describe the image.", SHAPES)
    chat.answered()
    expect(chat.images).to_have_count(1)
    expect(chat.answers).to_contain_text("The image shows")
    expect(chat.answers).to_contain_text("27 image")


def test_equations_in_a_picture_lead_to_calls_and_an_answer(chat: Chat) -> None:
    chat.set(temperature="0")
    chat.button(texts.start.solve).click()
    chat.answered()
    card = chat.calls.first
    expect(card).to_contain_text("my_calculator")
    expect(card).to_contain_text("expression")


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
    expect(chat.ending).to_contain_text(texts.transcript.length)


def test_the_tool_editor_says_where_the_mistake_is_and_keeps_the_message(chat: Chat) -> None:
    chat.panel.describe_tools('[{"name": "get_weather"')
    expect(chat.panel.tool_note).to_contain_text("line 1, column 24")
    chat.send("Hello")
    expect(chat.send_button).to_be_visible()
    expect(chat.box).to_have_value("Hello")
    expect(chat.entries).to_have_count(0)
    chat.panel.describe_tools(json.dumps(SCHEMA))
    expect(chat.panel.tool_note).to_contain_text("get_weather")
    expect(chat.box).to_have_value("Hello")


def test_two_visitors_never_see_each_others_messages(chat: Chat, browser: Browser, app: str) -> None:
    other = opened(browser, app)
    chat.send("Hello from the first")
    other.send("Hello from the second")
    chat.answered()
    other.answered()
    expect(chat.conversation).not_to_contain_text("from the second")
    expect(other.conversation).not_to_contain_text("from the first")
    other.close()
