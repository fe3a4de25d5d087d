"""An example, and the chat after it, in a real Chromium."""

from playwright.sync_api import expect

from tests.support.chat import Chat
from ui.texts import texts


def test_a_new_chat_after_the_population_example_knows_nothing_of_its_canned_result(chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="60")
    chat.panel.use_tool(texts.panel.clock)
    clock = chat.panel.tool(texts.panel.clock)
    chat.button(texts.start.look_up).click()
    chat.answered()
    expect(chat.done_calls).to_contain_text(texts.tools.canned)
    expect(clock).not_to_be_checked()
    bench = chat.panel.bench("get_current_population")
    expect(bench.get_by_label(texts.panel.canned).first).to_have_value("68")
    chat.panel.close_tools()
    chat.new_chat()
    expect(clock).to_be_checked()
    expect(chat.panel.tool_note).not_to_contain_text("get_current_population")
    chat.send("What is the population of Japan in millions?")
    chat.answered(2)
    expect(chat.conversation).not_to_contain_text("68")
