"""What stands around the conversation: costs, pictures, prompts, settings, tools, the inspector, comparing."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.test_page import CALCULATOR, EXAMPLES, SEND, answered, open_tools, send, settings


def used(page: Page) -> int:
    """Tokens of the next request, as the meter has them."""
    found = re.match(r"([\d,]+) of", page.locator("#meter summary").inner_text().strip())
    assert found
    return int(found[1].replace(",", ""))


def other_than(page: Page, tokens: int) -> int:
    """What the meter has once it no longer has this."""
    for _ in range(300):
        if (now := used(page)) != tokens:
            return now
        page.wait_for_timeout(100)
    raise AssertionError(f"the meter stays at {tokens}")


def test_the_meter_foretells_exactly_what_the_model_then_reads(page: Page) -> None:
    settings(page, max_tokens="4")
    empty = used(page)
    page.set_input_files("#message input[type=file]", str(EXAMPLES / "shapes.png"))
    expect(page.locator("#strip li")).to_contain_text("224 × 84 · 27 tokens")
    with_picture = other_than(page, empty)
    page.fill("#message textarea", "What is in the image?")
    foretold = other_than(page, with_picture)
    page.press("#message textarea", "Enter")
    answered(page)
    expect(page.locator(".foot").last).to_contain_text(f"{foretold} tokens read (27 pictures")


def test_pictures_are_reordered_shrunk_and_removed_before_sending(page: Page) -> None:
    page.set_input_files("#message input[type=file]", [str(EXAMPLES / "shapes.png"), str(EXAMPLES / "equations.png")])
    drafts = page.locator("#strip li")
    expect(drafts).to_have_count(2)
    first = drafts.nth(0).inner_text()
    page.get_by_role("button", name="Move picture 1 back").click()
    expect(drafts.nth(1)).to_contain_text(first.split("·")[0].strip())
    drafts.nth(0).locator("select").select_option("512")
    expect(drafts.nth(0).locator("select")).to_have_value("512")
    page.get_by_role("button", name="Remove picture 1").click()
    expect(drafts).to_have_count(1)


def test_a_message_that_does_not_fit_is_announced_with_what_could_be_left_out(page: Page) -> None:
    settings(page, max_tokens="4")
    send(page, "word " * 4500)
    answered(page)
    page.fill("#message textarea", "word " * 4500)
    page.wait_for_timeout(500)
    page.locator("#message textarea").press("End")
    warning = page.locator("#meter .warning")
    expect(warning).to_contain_text("does not fit")
    warning.get_by_role("button", name="all earlier turns").click()
    expect(warning).to_have_count(0)
    expect(page.get_by_label("The last turn only")).to_be_checked()


def test_a_preset_fills_the_prompt_and_ones_own_survive_a_reload(page: Page) -> None:
    page.click("#preset input")
    page.get_by_role("option", name="Translator").click()
    expect(page.locator("#system-prompt textarea")).to_have_value(re.compile("a translator"))
    expect(page.locator("#prompt-note")).to_contain_text("As the model reads it")
    page.fill("#system-prompt textarea", "Answer like a pirate.")
    page.get_by_role("button", name="Your own presets").click()
    page.fill("#preset-name input, #preset-name textarea", "Pirate")
    kept = "localStorage.getItem('mistral-chat-presets')"
    before = page.evaluate(kept)
    page.click("#preset-save")
    page.wait_for_function(f"before => {kept} !== before", arg=before)
    page.reload()
    page.locator("#preset input").click()
    page.get_by_role("option", name="Pirate").click()
    expect(page.locator("#system-prompt textarea")).to_have_value("Answer like a pirate.")


def test_what_differs_from_the_defaults_is_shown_and_reset(page: Page) -> None:
    settings(page, temperature="0.9")
    expect(page.locator("#changed")).to_contain_text("temperature 0.9")
    page.click("#reset")
    expect(page.locator("#temperature input[type=number]")).to_have_value("0.15")
    expect(page.locator("#changed")).not_to_contain_text("temperature")


def test_a_seed_gives_the_same_answer_again(page: Page) -> None:
    page.get_by_role("button", name="More").click()
    settings(page, temperature="1.5", max_tokens="24")
    expect(page.locator("#changed")).to_have_text("Changed: temperature 1.5, max tokens 24")  # and no seed
    seed = page.locator("#seed input")
    expect(seed).to_have_value("")
    seed.fill("eleven")
    expect(page.locator("#changed")).to_have_text("The seed must be a whole number: correct it, or leave it empty.")
    settings(page, seed="11")
    expect(page.locator("#changed")).to_contain_text("seed 11")
    send(page, "Hello")
    answered(page)
    first = page.get_by_test_id("bot").first.inner_text()
    page.click("#new-chat")
    expect(page.get_by_test_id("user")).to_have_count(0)
    send(page, "Hello")
    answered(page, 2)
    assert page.get_by_test_id("bot").first.inner_text() == first


def test_a_stop_text_ends_the_answer_before_it(page: Page) -> None:
    page.get_by_role("button", name="More").click()
    settings(page, temperature="0")
    send(page, "What can you do?")
    answered(page)
    words = page.get_by_test_id("bot").first.inner_text().split()
    page.fill("#stop-texts textarea", words[3])
    page.locator("#stop-texts textarea").blur()
    page.click("#retry")
    answered(page, 2)
    expect(page.get_by_test_id("bot").first).to_have_text(re.compile(rf"^\s*{re.escape(' '.join(words[:3]))}\s*$"))


def test_the_inspector_shows_the_prompt_its_control_tokens_ids_and_pictures(page: Page) -> None:
    settings(page, max_tokens="4")
    send(page, "What is <s> here?", EXAMPLES / "shapes.png")
    answered(page)
    page.get_by_role("button", name="Inspect").click()
    inspector = page.locator("#inspector")
    expect(inspector.locator(".control").first).to_have_text("<s>")
    expect(inspector.locator(".text").last).to_have_text("What is <s> here?")
    expect(inspector.locator("figcaption")).to_contain_text("224 × 84, 27 tokens")
    ids = inspector.locator(".token-ids").first
    expect(ids).to_be_hidden()
    page.get_by_text("Show token ids").click()
    expect(ids).to_have_text("1")
    page.keyboard.press("Escape")
    expect(inspector).to_be_hidden()


def test_two_settings_are_compared_side_by_side_and_one_is_gone_on_with(page: Page) -> None:
    settings(page, temperature="0", max_tokens="12")
    page.get_by_role("tab", name="Compare").click()
    page.fill("#second-prompt textarea", "Be brief.")
    page.fill("#message textarea", "What can you do?")
    page.click("#compare-start")
    expect(page.locator("#compare-left .foot")).to_have_count(1, timeout=60_000)
    expect(page.locator("#compare-right .foot")).to_have_count(1, timeout=60_000)
    expect(page.locator(SEND)).to_be_visible()
    page.click("#take-right")
    expect(page.locator("#compare")).to_be_hidden()
    expect(page.locator("#conversation .pager")).to_contain_text("answer 2/2")


def enable_calculator(page: Page) -> None:
    open_tools(page)
    page.get_by_label("my_calculator").check()


def force(page: Page, choice: str) -> None:
    page.click("#tool-choice input")
    page.get_by_role("option", name=choice).click()


def test_a_call_waits_for_leave_with_editable_arguments_and_then_runs(page: Page) -> None:
    settings(page, temperature="0", max_tokens="60")
    enable_calculator(page)
    page.get_by_label("Ask me").check()
    force(page, "Call my_calculator")
    send(page, "What is 4 + 5?")
    expect(page.locator("#tool-form")).to_contain_text("May my_calculator run?", timeout=60_000)
    page.click("#tool-arguments .cm-content")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text('{"expression": "6 * 7"}')
    page.click("#tool-run")
    card = page.locator(".call").first
    expect(card).to_contain_text("6 * 7", timeout=60_000)
    expect(card.locator(".result")).to_contain_text("42")


def test_refused_calls_go_back_to_the_model_as_such(page: Page) -> None:
    settings(page, temperature="0", max_tokens="60")
    enable_calculator(page)
    page.get_by_label("Never").check()
    force(page, "Call my_calculator")
    send(page, "What is 4 + 5?")
    expect(page.locator(".call.failed").first).to_contain_text("does not let tools run", timeout=60_000)


def test_a_tool_is_tried_by_hand_in_a_form_made_from_its_schema(page: Page) -> None:
    enable_calculator(page)
    page.get_by_role("button", name="Try a tool by hand").click()
    page.locator("#bench").get_by_role("button", name="my_calculator").first.click()
    page.get_by_label("expression").fill("6 * 7")
    page.get_by_role("button", name="Run my_calculator").click()
    expect(page.locator(".bench-result").first).to_contain_text("42")


def test_a_declared_tool_with_a_fixed_reply_answers_by_itself(page: Page) -> None:
    settings(page, temperature="0", max_tokens="60")
    open_tools(page)
    page.click("#tool-schemas .cm-content")
    fields = {"digits": {"type": "integer"}, "factor": {"type": "number"}, "round": {"type": "boolean"}}
    parameters = CALCULATOR["parameters"] | {"properties": CALCULATOR["parameters"]["properties"] | fields}
    page.keyboard.insert_text(json.dumps(CALCULATOR | {"parameters": parameters}))
    page.get_by_role("button", name="Try a tool by hand").click()
    page.locator("#bench").get_by_role("button", name="my_calculator").first.click()
    for name, empty in zip(fields, ("", "", "Leave out"), strict=True):
        expect(page.get_by_label(f"{name} (optional)")).to_have_value(empty)
    page.get_by_label("Fixed reply").fill("123")
    page.get_by_label("Fixed reply").blur()
    force(page, "Call my_calculator")
    send(page, "What is 4 + 5?")
    expect(page.locator(".call.done .result").first).to_contain_text("123", timeout=60_000)


def test_an_address_that_is_not_public_is_refused_in_one_sentence(page: Page) -> None:
    page.get_by_role("button", name="Picture from an address or the camera").click()
    page.fill("#picture-url input, #picture-url textarea", "http://127.0.0.1/picture.png")
    page.click("#picture-add")
    expect(page.get_by_text("not on the public internet")).to_be_visible()


def test_a_photo_from_the_camera_stands_above_the_box_and_goes_with_the_message_and_others(page: Page) -> None:
    page.get_by_role("button", name="Picture from an address or the camera").click()
    page.get_by_text("Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('#camera video')?.readyState === 4")
    page.get_by_label("capture photo").click()
    expect(page.locator("#strip img")).to_have_count(1)
    with page.expect_file_chooser() as chooser:
        page.locator("#message").get_by_label("Upload a file").click()
    chooser.value.set_files(EXAMPLES / "shapes.png")
    expect(page.locator("#strip img")).to_have_count(2)
    settings(page, max_tokens="2")
    send(page, "What is this?")
    answered(page)
    expect(page.get_by_test_id("user").locator("img")).to_have_count(2)
    expect(page.locator("#strip img")).to_have_count(0)


def test_a_picture_made_by_a_tool_is_shown(page: Page) -> None:
    open_tools(page)
    page.get_by_label("draw_chart").check()
    page.get_by_role("button", name="Try a tool by hand").click()
    page.locator("#bench").get_by_role("button", name="draw_chart").first.click()
    page.get_by_label("labels").fill('["a", "b"]')
    page.get_by_label("values").fill("[1, 3]")
    page.get_by_role("button", name="Run draw_chart").click()
    picture = page.locator(".bench-result img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 448
