"""An example, and the chat after it, in a real Chromium."""

from playwright.sync_api import Page, expect

from tests.browser.test_page import answered, open_tools, send, settings


def test_a_new_chat_after_the_population_example_knows_nothing_of_its_fixed_reply(page: Page) -> None:
    settings(page, temperature="0", max_tokens="60")
    open_tools(page)
    page.get_by_label("current_time").check()
    page.get_by_text("Look up a population with a tool").click()
    answered(page)
    expect(page.locator(".call.done .state")).to_have_text("✓ done · fixed reply")
    expect(page.get_by_label("current_time")).not_to_be_checked()
    page.get_by_role("button", name="Try a tool by hand").click()
    page.locator("#bench").get_by_role("button", name="get_current_population").first.click()
    expect(page.locator("#bench").get_by_label("Fixed reply").first).to_have_value("68")
    page.click("#new-chat")
    expect(page.get_by_label("current_time")).to_be_checked()
    expect(page.locator("#tool-note")).not_to_contain_text("get_current_population")
    send(page, "What is the population of Japan in millions?")
    answered(page, 2)
    expect(page.locator("#conversation")).not_to_contain_text("68")
