"""What stands around the conversation: costs, pictures, prompts, settings, tools, the inspector, comparing."""

import json
import re

from playwright.sync_api import expect

from tests.browser.test_page import CALCULATOR
from tests.support.chat import EXAMPLES, SHAPES, Chat


def other_than(chat: Chat, tokens: int) -> int:
    """What the next request takes once that is no longer this."""
    expect(chat.meter.get_by_role("meter")).not_to_have_attribute("aria-valuenow", str(tokens))
    return chat.used()


def test_the_meter_foretells_exactly_what_the_model_then_reads(chat: Chat) -> None:
    chat.set(max_tokens="4")
    empty = chat.used()
    chat.attach(SHAPES)
    expect(chat.attached).to_contain_text("27 tokens")
    with_picture = other_than(chat, empty)
    chat.box.fill("What is in the image?")
    foretold = other_than(chat, with_picture)
    chat.box.press("Enter")
    chat.answered()
    expect(chat.answers).to_contain_text(f"{foretold} prompt tokens (27 image")


def test_pictures_are_reordered_shrunk_and_removed_before_sending(chat: Chat) -> None:
    chat.attach(SHAPES, EXAMPLES / "equations.png")
    first = chat.thumbnails.first.get_attribute("src")
    assert first
    chat.at_image(1, "Move .* back").click()
    expect(chat.thumbnails.last).to_have_attribute("src", first)
    size = chat.attached.first.get_by_role("combobox")
    size.select_option("512")
    expect(size).to_have_value("512")
    chat.at_image(1, "Remove").click()
    expect(chat.thumbnails).to_have_count(1)
    expect(chat.thumbnails).to_have_attribute("src", first)


def test_a_message_that_does_not_fit_is_announced_with_what_could_be_left_out(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send("word " * 4500)
    chat.answered()
    chat.box.fill("word " * 4500)
    chat.box.press("End")
    warning = chat.meter.locator(".warning")
    expect(warning).to_contain_text("too long")
    chat.button("earlier messages", warning).click()
    expect(warning).to_have_count(0)
    expect(chat.panel.side.get_by_label("Last message only")).to_be_checked()


def test_a_template_fills_the_prompt_and_ones_own_survive_a_reload(chat: Chat) -> None:
    chat.panel.template("Translator")
    prompt = chat.panel.field("system_prompt")
    expect(prompt).to_have_value(re.compile("a translator"))
    expect(chat.panel.prompt_note).not_to_be_empty()
    prompt.fill("Answer like a pirate.")
    chat.panel.unfold("My templates")
    chat.panel.field("preset_name").fill("Pirate")
    kept = "localStorage.getItem('mistral-chat-presets')"
    before = chat.page.evaluate(kept)
    chat.button("Save as template").click()
    chat.page.wait_for_function(f"before => {kept} !== before", arg=before)
    chat.reload()
    chat.panel.template("Pirate")
    expect(prompt).to_have_value("Answer like a pirate.")


def test_what_differs_from_the_defaults_is_shown_and_reset(chat: Chat) -> None:
    chat.set(temperature="0.9")
    expect(chat.panel.changed).to_contain_text("temperature 0.9")
    chat.button("Reset to defaults").click()
    expect(chat.panel.field("temperature")).to_have_value("0.15")
    expect(chat.panel.changed).not_to_contain_text("temperature")


def test_a_seed_gives_the_same_answer_again(chat: Chat) -> None:
    chat.set(temperature="1.5", max_tokens="24")
    chat.panel.unfold("Advanced")
    expect(chat.panel.changed).to_have_text(re.compile("temperature 1.5, max tokens 24$"))  # and no seed
    expect(chat.panel.field("seed")).to_have_value("")
    chat.set(seed="eleven")
    expect(chat.panel.changed).to_have_text("The seed must be a whole number: correct it, or leave it empty.")
    chat.set(seed="11")
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


def test_the_inspector_shows_the_prompt_its_control_tokens_ids_and_pictures(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send("What is <s> here?", SHAPES)
    chat.answered()
    chat.inspect()
    inspector = chat.inspector
    expect(inspector.locator(".control").first).to_have_text("<s>")
    expect(inspector.locator(".text").last).to_have_text("What is <s> here?")
    expect(inspector.locator("figcaption")).to_contain_text("224 × 84, 27 tokens")
    ids = inspector.locator(".token-ids").first
    expect(ids).to_be_hidden()
    inspector.get_by_role("checkbox").check()
    expect(ids).to_have_text("1")
    chat.page.keyboard.press("Escape")
    expect(inspector).to_be_hidden()


def test_two_settings_are_compared_side_by_side_and_one_is_gone_on_with(chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="12")
    chat.box.fill("What can you do?")
    chat.compare("Be brief.")
    expect(chat.send_button).to_be_visible()
    chat.take("right")
    expect(chat.compared).to_be_hidden()
    expect(chat.pager).to_contain_text("2 / 2")


def calculator(chat: Chat) -> None:
    """Asks for it to be called whatever is said."""
    chat.set(temperature="0", max_tokens="60")
    chat.panel.use_tool("my_calculator")
    chat.panel.call("my_calculator")


def test_a_call_waits_for_leave_with_editable_arguments_and_then_runs(chat: Chat) -> None:
    calculator(chat)
    chat.panel.run_calls("Ask first")
    chat.send("What is 4 + 5?")
    expect(chat.open_call).to_contain_text("Allow my_calculator to run?", timeout=60_000)
    chat.allow('{"expression": "6 * 7"}')
    expect(chat.calls.first).to_contain_text("6 * 7", timeout=60_000)
    expect(chat.done_calls.first).to_contain_text("42")


def test_refused_calls_go_back_to_the_model_as_such(chat: Chat) -> None:
    calculator(chat)
    chat.panel.run_calls("Never")
    chat.send("What is 4 + 5?")
    expect(chat.failed_calls.first).to_contain_text("does not let tools run", timeout=60_000)


def test_a_tool_is_tried_by_hand_in_a_form_made_from_its_schema(chat: Chat) -> None:
    chat.panel.use_tool("my_calculator")
    bench = chat.panel.bench("my_calculator")
    bench.get_by_label("expression").fill("6 * 7")
    bench.get_by_role("button", name="Run").click()
    expect(bench.locator(".bench-result").first).to_contain_text("42")


def test_a_declared_tool_with_a_canned_result_answers_by_itself(chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="60")
    fields = {"digits": {"type": "integer"}, "factor": {"type": "number"}, "round": {"type": "boolean"}}
    parameters = CALCULATOR["parameters"] | {"properties": CALCULATOR["parameters"]["properties"] | fields}
    chat.panel.describe_tools(json.dumps(CALCULATOR | {"parameters": parameters}))
    expect(chat.panel.tool_note).to_contain_text("my_calculator")
    bench = chat.panel.bench("my_calculator")
    for name, empty in zip(fields, ("", "", "Leave out"), strict=True):
        expect(bench.get_by_label(f"{name} (optional)")).to_have_value(empty)
    bench.get_by_label("Canned result").fill("123")
    bench.get_by_label("Canned result").blur()
    chat.panel.call("my_calculator")
    chat.send("What is 4 + 5?")
    expect(chat.done_calls.first).to_contain_text("123", timeout=60_000)


def test_an_address_that_is_not_public_is_refused_in_one_sentence(chat: Chat) -> None:
    chat.add("Paste image URL")
    chat.place.get_by_label("Image URL").fill("http://127.0.0.1/picture.png")
    chat.button("Add image").click()
    chat.told("not on the public internet")


def test_a_photo_from_the_camera_stands_above_the_box_and_goes_with_the_message_and_others(chat: Chat) -> None:
    chat.add("Take a photo")
    chat.place.get_by_text("Click to Access Webcam").click()
    chat.page.wait_for_function("document.querySelector('#camera video')?.readyState === 4")
    chat.place.get_by_label("capture photo").click()
    expect(chat.thumbnails).to_have_count(1)
    chat.page.keyboard.press("Escape")
    with chat.page.expect_file_chooser() as chooser:
        chat.add("Upload images")
    chooser.value.set_files(SHAPES)
    expect(chat.thumbnails).to_have_count(2)
    chat.set(max_tokens="2")
    chat.send("What is this?")
    chat.answered()
    expect(chat.images).to_have_count(2)
    expect(chat.attached).to_have_count(0)


def test_a_picture_made_by_a_tool_is_shown(chat: Chat) -> None:
    chat.panel.use_tool("draw_chart")
    bench = chat.panel.bench("draw_chart")
    bench.get_by_label("labels").fill('["a", "b"]')
    bench.get_by_label("values").fill("[1, 3]")
    bench.get_by_role("button", name="Run").click()
    picture = bench.locator(".bench-result img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 448
