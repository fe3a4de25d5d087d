// Who hears the page is told how an answer has ended, and who looks at another tab that it has.

import assert from "node:assert/strict";
import { test } from "node:test";
import { announcement } from "../../assets/page/announce.js";
import { TabTitle } from "../../assets/page/tab_title.js";

test("an end is told in a few words, with the tool that it is about or what went wrong", () => {
  const said = (how, what = "") => announcement({ how, what });
  assert.equal(said("complete"), "Answer complete");
  assert.equal(said("stopped"), "Stopped");
  assert.equal(said("approval", "weather"), "Approval needed for weather");
  assert.equal(said("result", "weather"), "Result needed for weather");
  assert.equal(said("answer", "Which $& one?"), "Question for you: Which $& one?");
  assert.equal(said("failed", "The server is busy."), "The server is busy.");
});

/** A tab of a browser. */
function tab() {
  const page = Object.assign(new EventTarget(), { title: "Mistral Small 3.2", hidden: false });
  const chat = { title: "" };
  const title = new TabTitle(() => chat.title, page);
  return { page, chat, title };
}

test("the tab has the chat's title, and the app's for a new chat", () => {
  const { page, chat, title } = tab();
  chat.title = "Apples";
  title.look();
  assert.equal(page.title, "Apples");
  chat.title = "";
  title.look();
  assert.equal(page.title, "Mistral Small 3.2");
});

test("an answer that ends while nobody looks is told in the title until somebody does", () => {
  const { page, chat, title } = tab();
  chat.title = "Apples";
  title.ended();
  assert.equal(page.title, "Apples");
  page.hidden = true;
  title.ended();
  assert.equal(page.title, "✓ Apples");
  title.look();
  assert.equal(page.title, "✓ Apples");
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(page.title, "Apples");
});
