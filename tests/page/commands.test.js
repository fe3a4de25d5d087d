// What a button of the page may say, and what reaches the server of it: the words that the server expects.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Commands, parseButton } from "../../assets/page/commands.js";

const UI = new URL("../../ui/", import.meta.url);

/** What is sent by these commands, as the server receives it. */
function sent(use) {
  const events = [];
  use(new Commands((event, data) => events.push([event, JSON.parse(JSON.stringify(data))])));
  return events;
}

const BUTTONS = [
  ["turn 3 -1", "select", { do: "turn", index: "3", step: "-1" }],
  ["inspect 12", "select", { do: "inspect", index: "12" }],
  ["edit 0", "select", { do: "edit", index: "0" }],
  ["continue 5", "submit", { do: "continue", index: "5" }],
  ["move 1 1", "select", { do: "move", index: "1", step: "1" }],
  ["remove 2", "select", { do: "remove", index: "2" }],
  ["detail 1 1540", "select", { do: "detail", index: "1", step: "1540" }],
  ["off json", "select", { do: "off", index: "json" }],
  ["unedit clear", "select", { do: "unedit", index: "clear" }],
  ["shorten 3 turns", "submit", { do: "shorten", index: "3", step: "turns" }],
  ["keep pictures", "select", { do: "keep", index: "pictures" }],
  ["close", "select", { do: "close" }],
  ["off examples", "select", { do: "off", index: "examples" }],
  ["compare 3", "select", { do: "compare", index: "3" }],
  ["prompt 3 json", "select", { do: "prompt", index: "3", step: "json" }],
];

for (const [text, event, data] of BUTTONS)
  test(`the button "${text}" reaches the server, and only "continue" leads to an answer`, () => {
    assert.deepEqual(sent((commands) => commands.carryOut(parseButton(text))), [[event, data]]);
  });

const FORGED = [
  "", " ", "delete 1", "open x", "rename a b", "list", "unedit", "unedit all", "submit", "detail 1", "off", "off prompt", "on tools", "url x", "constructor", "__proto__",
  "toString", "TURN 1 1", "turn", "turn 1", "turn 1 1 1", "turn  1", "turn one 1", "turn 1 1e9", "turn 1 NaN",
  "turn 1 1\n", "inspect -", "inspect 1234567890123", "inspect 1;close", "edit last", "keep everything", "close 1",
  "close ", " close", "prompt 3 html", "call abcdefghi always", "reopen", "exportall", "resume a",
  "continue", "continue\u00a01", "turn 1 １", "<script>", "x".repeat(100_000),
];

for (const text of FORGED)
  test(`a button that says ${JSON.stringify(text.slice(0, 30))} leads to nothing`, () => {
    assert.equal(parseButton(text), null);
  });

test("every button that the server's HTML has is one that the page knows", () => {
  const sources = ["render", "handlers", "components"].flatMap((folder) =>
    readdirSync(new URL(folder, UI)).filter((name) => name.endsWith(".py")).map((name) => `${folder}/${name}`));
  const commands = sources.flatMap((source) => {
    const text = readFileSync(new URL(source, UI), "utf8");
    return [...text.matchAll(/\b(?:button|_icon)\(\s*[^,\n]*,\s*f?(["'])([^"'\n]*)\1/g)].map((found) => found[2]);
  });
  assert.ok(commands.length >= 9, `${commands.length} were found`);
  for (const command of commands) assert.ok(parseButton(command.replace(/\{[^}]*\}/g, "1")), command);
});

test("what the page itself asks for has the words that the server expects", () => {
  const events = sent((commands) => {
    commands.open({ id: "a", again: false });
    commands.open({ id: "a", body: "/tmp/a.json", again: true, text: "half" });
    commands.resume({ page: "p", id: "a", have: ["q"], text: "half", sent: "{}" });
    commands.sync("a", ["q"]);
    commands.search("apples");
    commands.exportAll();
    commands.rename("a", "Fruit");
    commands.delete("a");
    commands.list();
    commands.editLast();
    commands.endEdit();
    commands.cancelEdit();
    commands.closeInspector();
    commands.answerCall("abcdefghi", "deny", "Not now.");
    commands.addUrl("https://a.example/a.png");
    commands.fill(["/uploads/a.pdf"], ["1-3 text 512"]);
    commands.choosePages("7", "3-7, 12");
    commands.chooseForm("7", "both");
    commands.replaceFile("7", "/uploads/b.txt");
    commands.sendWaiting({ id: "q", text: "And then?", files: [], choices: [], sent: "{}" });
    commands.putBack("json");
    commands.keepExample(3, ["a", "b"]);
    commands.offerExamples([]);
    commands.lendExample("a", "/tmp/a.json");
    commands.earlier(60);
    commands.redraw();
  });
  const submits = events.filter(([event]) => event === "submit");
  assert.deepEqual(submits.map(([, data]) => data.do), ["resume", "call", "send"]);
  assert.deepEqual(events.map(([, data]) => data), [
    { do: "open", id: "a", again: false },
    { do: "open", id: "a", body: "/tmp/a.json", again: true, text: "half" },
    { do: "resume", page: "p", id: "a", have: "q", text: "half", sent: "{}" },
    { do: "sync", id: "a", have: "q" },
    { do: "search", text: "apples" },
    { do: "exportall" },
    { do: "rename", id: "a", title: "Fruit" },
    { do: "delete", id: "a" },
    { do: "list" },
    { do: "edit", index: "last" },
    { do: "unedit" },
    { do: "unedit", index: "clear" },
    { do: "close" },
    { do: "call", id: "abcdefghi", verdict: "deny", text: "Not now." },
    { do: "url", text: "https://a.example/a.png" },
    { do: "fill", files: ["/uploads/a.pdf"], choices: ["1-3 text 512"] },
    { do: "pages", index: "7", text: "3-7, 12" },
    { do: "form", index: "7", step: "both" },
    { do: "replace", index: "7", body: "/uploads/b.txt" },
    { do: "send", id: "q", text: "And then?", files: [], choices: [], sent: "{}" },
    { do: "on", index: "json" },
    { do: "example", index: 3, have: "a b" },
    { do: "examples", have: "" },
    { do: "lend", id: "a", body: "/tmp/a.json" },
    { do: "earlier", index: 60 },
    { do: "redraw" },
  ]);
});
