"""What stands around the conversation: costs, settings, tools, the prompt of an answer."""

import json
import re

from playwright.sync_api import expect

from tests.support.chat import SHAPES, Chat
from ui.texts import texts

CALCULATOR = {
    "name": "my_calculator",
    "description": "A calculator that can evaluate a mathematical expression.",
    "parameters": {
        "type": "object",
        "properties": {"expression": {"type": "string", "description": "The mathematical expression to evaluate."}},
        "required": ["expression"],
    },
}


def other_than(chat: Chat, tokens: int) -> int:
    """What the next request takes once that is no longer this."""
    expect(chat.meter.get_by_role("meter")).not_to_have_attribute("aria-valuenow", str(tokens))
    return chat.used()


def test_the_meter_foretells_exactly_what_the_model_then_reads(chat: Chat) -> None:
    chat.set(max_tokens="4")
    empty = chat.used()
    chat.attach(SHAPES)
    expect(chat.attached.get_by_role("button").first).to_have_accessible_name(re.compile("224 × 84 · 27 tokens"))
    with_picture = other_than(chat, empty)
    chat.box.fill("What is in the image?")
    foretold = other_than(chat, with_picture)
    chat.box.press("Enter")
    chat.answered()
    expect(chat.answers).to_contain_text(f"{foretold} prompt tokens (27 image")


def test_a_message_that_does_not_fit_is_announced_with_what_could_be_left_out(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send("word " * 4500)
    chat.answered()
    chat.box.fill("word " * 4500)
    expect(chat.tight).to_contain_text(texts.composer.too_long)
    chat.button(texts.composer.earlier_messages, chat.tight).click()
    expect(chat.tight).to_have_count(0)
    chat.panel.unfold(texts.panel.advanced)
    expect(chat.panel.side.get_by_label(texts.panel.keep_last)).to_be_checked()


def test_a_seed_gives_the_same_answer_again(chat: Chat) -> None:
    chat.set(temperature="1.5", max_tokens="24", seed="11")
    expect(chat.panel.changed).to_contain_text("seed 11")
    chat.send("Hello")
    chat.answered()
    first = chat.written(chat.answers.last)
    chat.new_chat()
    chat.send("Hello")
    chat.answered(2)
    assert chat.written(chat.answers.last) == first


def test_a_stop_text_ends_the_answer_before_it(chat: Chat) -> None:
    chat.set(temperature="0")
    chat.send("What can you do?")
    chat.answered()
    words = chat.written(chat.answers.last).split()
    chat.set(stop_texts=words[3])
    chat.regenerate()
    chat.answered(2)
    assert chat.written(chat.answers.last) == " ".join(words[:3])


def test_the_prompt_of_an_answer_shows_control_tokens_apart_from_the_same_as_text_and_pictures(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send("What is <s> here?", SHAPES)
    chat.answered()
    chat.inspect()
    expect(chat.inspector.locator(".control").first).to_have_text("<s>")
    expect(chat.inspector.locator(".run").last).to_have_text("What is <s> here?")
    expect(chat.inspector.locator("figcaption")).to_contain_text("224 × 84, 27 tokens")
    assert chat.inspector.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 224


def test_calls_that_may_never_run_go_back_to_the_model_as_such(chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="60")
    chat.panel.use_tool(texts.panel.calculator)
    chat.panel.call(texts.panel.choice_always.format(name=texts.panel.calculator))
    chat.panel.side.get_by_label(texts.panel.run_never).check()
    chat.send("What is 4 + 5?")
    expect(chat.conversation.locator(".call.failed").first).to_contain_text("does not let tools run", timeout=60_000)


def test_a_tool_is_tried_by_hand_in_a_form_made_from_its_schema(chat: Chat) -> None:
    chat.panel.use_tool(texts.panel.calculator)
    bench = chat.panel.bench(texts.panel.calculator)
    bench.get_by_label("expression").fill("6 * 7")
    bench.get_by_role("button", name="Run").click()
    expect(bench.locator(".bench-result").first).to_contain_text("42")


def test_a_declared_tool_with_a_canned_result_answers_by_itself(chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="60")
    chat.panel.describe_tools(json.dumps(CALCULATOR))
    expect(chat.panel.tool_note).to_contain_text("my_calculator")
    canned = chat.panel.bench(texts.panel.calculator).get_by_label(texts.panel.canned)
    canned.fill("123")
    canned.blur()
    chat.panel.close_tools()
    chat.panel.call(texts.panel.choice_always.format(name=texts.panel.calculator))
    chat.send("What is 4 + 5?")
    expect(chat.done_calls.first).to_contain_text("123", timeout=60_000)


def test_a_picture_made_by_a_tool_is_shown(chat: Chat) -> None:
    chat.panel.use_tool(texts.panel.chart)
    bench = chat.panel.bench(texts.panel.chart)
    bench.get_by_label("labels").fill('["a", "b"]')
    bench.get_by_label("values").fill("[1, 3]")
    bench.get_by_role("button", name="Run").click()
    picture = bench.locator(".bench-result img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 448


def test_what_is_said_of_pasted_tools_stands_below_a_long_line_of_them_in_sight(chat: Chat) -> None:
    schema = {
        "type": "object",
        "properties": {"place": {"type": "string", "description": "Where it is asked for. " * 9}},
    }
    chat.panel.open_tools()
    chat.panel.tools_dialog.locator(".cm-content").click()
    chat.page.keyboard.insert_text(json.dumps([{"name": "get_weather", "input_schema": schema}]))
    expect(chat.panel.tool_note).to_contain_text("get_weather")
    expect(chat.panel.tools_dialog.get_by_text("1 custom tool")).to_be_in_viewport()
    expect(chat.button(texts.panel.format, chat.panel.tools_dialog)).to_be_in_viewport()
