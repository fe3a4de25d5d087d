"""Conversations on the page: kept, found, branched, exported, imported - in a real Chromium."""

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.chat import PHONE, SHAPES, Chat, opened
from tests.support.events import Events
from ui.texts import texts

# The page's script finds no box before 3 seconds have passed.
LATE_BOX = """const found = Document.prototype.querySelector;
Document.prototype.querySelector = function (selector) {
  return selector === "#message textarea" && performance.now() < 3000 ? null : found.call(this, selector);
};"""


def test_a_conversation_with_its_picture_survives_a_reload(chat: Chat) -> None:
    chat.set(max_tokens="16")
    chat.send("What is in the image?", SHAPES)
    chat.answered()
    expect(chat.chats).to_have_text("What is in the image?")
    chat.reload()
    expect(chat.questions).to_have_text(["What is in the image?"])
    expect(chat.images).to_have_count(1)
    assert chat.images.evaluate("image => image.decode().then(() => image.naturalWidth)") == 224
    expect(chat.panel.field("max_tokens")).to_have_value("16")


def test_conversations_are_listed_searched_renamed_and_deleted(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send("Hello apples")
    chat.answered()
    chat.new_chat()
    chat.send("Hello pears")
    chat.answered(2)
    expect(chat.chats).to_have_count(2)
    chat.search.fill("apples")
    expect(chat.chats).to_have_text(["Hello apples"])
    chat.rename("Hello apples", "Fruit")
    expect(chat.chats).to_have_text(["Fruit"])
    chat.open_chat("Fruit")
    expect(chat.questions).to_have_text(["Hello apples"])
    chat.search.fill("")
    chat.delete("Fruit")
    expect(chat.chats).to_have_text(["Hello pears"])
    expect(chat.questions).to_have_count(0)


def test_a_temporary_chat_is_not_kept(chat: Chat) -> None:
    chat.be_temporary()
    chat.set(max_tokens="4")
    chat.send("A secret")
    chat.answered()
    events = Events(chat.page)
    events.wait_until_done()
    expect(chat.chats).to_have_count(0)
    chat.reload()
    events.wait_until_done()
    expect(chat.questions).to_have_count(0)


def test_an_answer_that_is_made_again_leaves_the_first_and_one_can_page_back_to_it(chat: Chat) -> None:
    chat.set(max_tokens="6", temperature="1.5")
    chat.send("Hello")
    chat.answered()
    first = chat.written(chat.answers.last)
    chat.regenerate()
    chat.answered(2)
    expect(chat.pager).to_contain_text("2 / 2")
    chat.button(texts.transcript.earlier_answer).click()
    expect(chat.pager).to_contain_text("1 / 2")
    assert chat.written(chat.answers.last) == first


def test_arrow_up_edits_the_last_message_with_its_picture_and_the_old_one_stays_as_a_branch(chat: Chat) -> None:
    chat.set(max_tokens="6")
    chat.send("What is this?", SHAPES)
    chat.answered()
    chat.box.press("ArrowUp")
    expect(chat.box).to_have_value("What is this?")
    expect(chat.attached).to_have_count(1)
    chat.send("Describe it.")
    chat.answered(2)
    expect(chat.questions).to_have_text(["Describe it."])
    expect(chat.images).to_have_count(1)
    chat.button(texts.transcript.earlier_question).click()
    expect(chat.questions).to_have_text(["What is this?"])


def test_an_answer_can_be_edited_and_the_talk_goes_on_from_it(chat: Chat) -> None:
    chat.set(max_tokens="6")
    chat.send("Hello")
    chat.answered()
    events = Events(chat.page)
    chat.edit_answer("I was edited.")
    expect(chat.answers).to_contain_text("I was edited.")
    events.wait_until_done()
    chat.answered()  # what a person wrote is not announced as an answer that is done
    chat.send("And now?")
    chat.answered(2)
    expect(chat.answers.first).to_contain_text("I was edited.")


def test_a_cut_off_answer_goes_on_where_it_stopped(chat: Chat) -> None:
    chat.set(max_tokens="5", temperature="0")
    chat.send("What can you do?")
    chat.answered()
    cut = chat.written(chat.answers.last)
    chat.set(max_tokens="200")
    chat.button(texts.transcript.go_on_told).click()
    chat.answered(2)
    whole = chat.written(chat.answers.last)
    assert whole.startswith(cut)
    assert len(whole) > len(cut)


def test_everything_is_exported_and_imported_again(chat: Chat, tmp_path: Path) -> None:
    chat.set(max_tokens="8", seed="7")
    chat.send("What is in the image?", SHAPES)
    chat.answered()
    file = tmp_path / "export.json"
    chat.export("json").save_as(file)
    exported = json.loads(file.read_text())
    assert exported["settings"]["seed"] == 7
    assert exported["versions"]["transformers"]
    assert exported["revision"]
    assert "{today}" in exported["prompt"]
    assert "{today}" not in exported["system_prompt_as_sent"]
    assert "data:image/png;base64," in file.read_text()
    chat.new_chat()
    chat.import_file(file)
    expect(chat.questions).to_have_text(["What is in the image?"])
    expect(chat.images).to_have_count(1)


def test_markdown_and_openai_messages_are_downloaded(chat: Chat) -> None:
    chat.set(max_tokens="8")
    chat.send("Hello")
    chat.answered()
    messages = json.loads(chat.export("openai").path().read_text())
    assert [m["role"] for m in messages] == ["system", "user", "assistant"]
    assert "## User\n\nHello" in chat.export("markdown").path().read_text()


def test_a_link_opens_the_same_question_prompt_and_settings(chat: Chat) -> None:
    chat.set(temperature="0.7", system_prompt="Answer in French & verse.")
    chat.box.fill("Why 1 + 1?")
    chat.go(chat.link())
    expect(chat.box).to_have_value("Why 1 + 1?")
    expect(chat.panel.field("system_prompt")).to_have_value("Answer in French & verse.")
    expect(chat.panel.field("temperature")).to_have_value("0.7")


def test_a_new_chat_asks_for_a_message_again_also_where_the_box_came_after_the_script(
    browser: Browser, app: str
) -> None:
    context = browser.new_context()
    context.add_init_script(LATE_BOX)
    chat = Chat(context.new_page())
    chat.go(app)
    chat.page.wait_for_function("document.querySelector('#message textarea')")
    asks = texts.composer.placeholder.format(name="Mistral Demo")
    expect(chat.box).to_have_attribute("placeholder", asks)
    chat.send("Hello")
    chat.answered()
    expect(chat.box).to_have_attribute("placeholder", texts.composer.reply)
    chat.new_chat()
    expect(chat.box).to_have_attribute("placeholder", asks)
    chat.close()


def test_on_a_phone_the_way_out_of_an_edit_is_seen(browser: Browser, app: str) -> None:
    chat = opened(browser, app, **PHONE)
    chat.send("Hello")
    chat.answered()
    chat.edit_question()
    expect(chat.editing).to_be_visible()
    cross, meter = chat.editing.bounding_box(), chat.meter.bounding_box()
    assert cross
    assert meter
    assert cross["x"] + cross["width"] <= meter["x"]
    chat.close()


def test_where_nothing_is_asked_no_link_is_copied(chat: Chat) -> None:
    chat.share(texts.header.link)
    chat.told("Type a message first, then copy a link to it.")
    said = chat.toasts.bounding_box()
    assert said
    assert abs(said["x"] + said["width"] / 2 - 640) < 2  # where the page's own words stand
    expect(chat.toasts.get_by_text("Warning")).to_be_hidden()
    expect(chat.place.get_by_text(texts.header.copied)).to_have_count(0)


def test_an_edit_is_seen_and_ends_with_an_empty_box_or_escape(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.send("Apples")
    chat.answered()
    for end in (lambda: chat.box.fill(""), lambda: chat.box.press("Escape")):
        chat.box.press("ArrowUp")
        expect(chat.editing).to_be_visible()
        end()
        expect(chat.editing).to_have_count(0)
        expect(chat.box).to_have_value("")
    chat.send("Pears")
    chat.answered(2)
    expect(chat.questions).to_have_text(["Apples", "Pears"])
