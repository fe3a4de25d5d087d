"""An example, and the chat after it, in a real Chromium."""

from playwright.sync_api import expect

from tests.support.chat import Chat


def test_a_new_chat_after_the_population_example_knows_nothing_of_its_canned_result(chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="60")
    chat.panel.use_tool("current_time")
    chat.button("Use a tool: population of France").click()
    chat.answered()
    expect(chat.done_calls).to_contain_text("canned result")
    time = chat.panel.side.get_by_label("current_time")
    expect(time).not_to_be_checked()
    bench = chat.panel.bench("get_current_population")
    expect(bench.get_by_label("Canned result").first).to_have_value("68")
    chat.new_chat()
    expect(time).to_be_checked()
    expect(chat.panel.tool_note).not_to_contain_text("get_current_population")
    chat.send("What is the population of Japan in millions?")
    chat.answered(2)
    expect(chat.conversation).not_to_contain_text("68")
