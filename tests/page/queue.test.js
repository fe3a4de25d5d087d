// A message that waits for the end of an answer is sent once, by itself or by the person, and is never lost.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Queue } from "../../assets/page/composer/queue.js";
import { TabStorage } from "../../assets/page/session/tab_storage.js";

let kept, box, page, queue, sent, told, time;

/** The page is loaded, again. */
function load() {
  const storage = { getItem: (name) => kept[name] ?? null, setItem: (name, value) => (kept[name] = value) };
  queue = new Queue(new TabStorage(() => storage), {
    isAnswering: () => page.isAnswering,
    isStopped: () => page.isStopped,
    isAnswered: () => page.isAnswered,
    hasEndedWell: () => page.hasEndedWell,
    mostImages: () => 10,
    place: () => JSON.stringify({ id: page.chat, leaf: page.leaf }),
    box: () => box,
    settled: async () => {},
    fill: (text, images) => (box = { text, images }),
    stop: () => {
      queue.stopped(); // as for every click on Stop
      page.isAnswering = page.hasEndedWell = false;
    },
    send: (waiting) => sent.push(waiting),
    tell: (sentence) => told.push(sentence),
    texts: { too_many: "{most} {excess}", queue_long: "too long" },
    now: () => time,
  });
}

beforeEach(() => {
  [kept, sent, told, time] = [{}, [], [], 1_000_000];
  box = { text: "", images: [] };
  page = { isAnswering: true, isStopped: false, isAnswered: true, hasEndedWell: true, chat: "a", leaf: "1" };
  load();
});

const image = (name) => ({ path: `/uploads/${name}`, src: `file=${name}` });

/** Enter, with this in the box. */
async function take(text, ...images) {
  box = { text, images };
  await queue.take();
}

/** Time goes by. */
function looks(times = 3) {
  for (let at = 0; at < times; at += 1) {
    time += 250;
    queue.look();
  }
}

const words = () => sent.map(({ text }) => text);

for (const damaged of ["{", '{"id": "a", "text": "cut o', "null", "7", '"a"', "[]", "{}", '{"id": "a", "text": 7, "images": {}}'])
  test(`a message that the tab remembers as ${damaged} is none, and the next one is sent`, async () => {
    kept.queue = damaged;
    load();
    assert.equal(queue.waiting, null);
    await take("And then?");
    page.isAnswering = false;
    looks();
    assert.deepEqual(words(), ["And then?"]);
  });

test("a message waits while an answer is written, leaves the box, and is sent once when that ends", async () => {
  await take("And then?", image("a.png"));
  assert.deepEqual(box, { text: "", images: [] });
  looks();
  assert.deepEqual(sent, []);
  page.isAnswering = false;
  looks();
  assert.deepEqual(words(), ["And then?"]);
  assert.deepEqual(sent[0].images, [image("a.png")]);
  queue.taken(sent[0].id);
  page.isAnswering = true;
  looks();
  page.isAnswering = false;
  looks(100);
  assert.equal(sent.length, 1);
  assert.equal(kept.queue, "");
});

test("a message that is taken before its answer is seen to begin waits for that", async () => {
  page.isAnswering = page.isAnswered = page.hasEndedWell = false;
  await take("And then?");
  looks(4);
  assert.equal(queue.waiting.isHeld, false);
  page.isAnswering = page.isAnswered = page.hasEndedWell = true;
  looks();
  page.isAnswering = false;
  looks();
  assert.deepEqual(words(), ["And then?"]);
});

test("a message whose answer never begins goes to the person", async () => {
  page.isAnswering = page.isAnswered = page.hasEndedWell = false;
  await take("And then?");
  looks(41);
  assert.equal(queue.waiting.isHeld, true);
  assert.deepEqual(sent, []);
});

test("what is sent after it goes with it, as far as a message has room", async () => {
  await take("One", image("a.png"));
  await take("Two", image("b.png"));
  assert.deepEqual([queue.waiting.text, queue.waiting.images.length], ["One\n\nTwo", 2]);
  const many = Array.from({ length: 9 }, (_, at) => image(`${at}.png`));
  await take("Three", ...many);
  assert.deepEqual([told, box.text, queue.waiting.text], [["10 1"], "Three", "One\n\nTwo"]);
  await take("x".repeat(70_001));
  assert.deepEqual([told[1], box.text.length], ["too long", 70_001]);
  await take("   ");
  assert.equal(queue.waiting.text, "One\n\nTwo");
});

test("images that the server has yet to take out of the box are in it no more", async () => {
  const fill = queue.page.fill;
  queue.page.fill = (text) => (box = { ...box, text }); // the server takes its time
  await take("And then?", image("a.png"));
  box = { ...box, text: "And?" };
  await queue.take();
  assert.deepEqual([queue.waiting.text, queue.waiting.images], ["And then?\n\nAnd?", [image("a.png")]]);
  queue.page.fill = fill;
  queue.edit();
  assert.deepEqual(box, { text: "And then?\n\nAnd?", images: [image("a.png")] });
  await take("", image("a.png"));
  box = { text: "", images: [] };
  looks();
  await take("The same again", image("a.png"));
  assert.equal(queue.waiting.images.length, 2);
});

test("of what is pressed while images are on their way one message comes, and none where another chat is opened", async () => {
  const waits = [];
  const arrive = () => waits.splice(0).forEach((done) => done());
  queue.page.settled = () => new Promise((done) => waits.push(done));
  box = { text: "Look", images: [] };
  const taken = [queue.take(), queue.take()];
  box = { text: "Look", images: [image("a.png")] };
  arrive();
  await Promise.all(taken);
  assert.deepEqual([queue.waiting.text, queue.waiting.images], ["Look", [image("a.png")]]);
  box = { text: "Not yet", images: [] };
  const left = queue.take();
  kept.queue = "";
  queue.tab.set("queue", "");
  queue.read();
  box = { text: "Another chat's draft", images: [] };
  arrive();
  await left;
  assert.deepEqual([queue.waiting, box.text], [null, "Another chat's draft"]);
});

test("where the answer failed, was cut off, or has a call that waits, the person sends it", async () => {
  await take("And then?");
  page.isAnswering = page.hasEndedWell = false;
  looks(20);
  assert.deepEqual([sent, queue.waiting.isHeld], [[], true]);
  queue.sendNow();
  assert.deepEqual(words(), ["And then?"]);
});

test("sent at once it ends the answer, and goes then, whatever that ended with", async () => {
  await take("Rather this");
  looks();
  queue.sendNow();
  assert.equal(page.isAnswering, false);
  assert.deepEqual([sent, queue.waiting.text], [[], "Rather this"]);
  looks();
  assert.deepEqual(words(), ["Rather this"]);
});

test("whoever stops the answer has it back in the box, after what is written there, with its images", async () => {
  await take("First", image("a.png"));
  box = { text: "half a sentence", images: [image("b.png")] };
  queue.stopped();
  page.isAnswering = false;
  looks(20);
  assert.deepEqual([sent, queue.waiting, kept.queue], [[], null, ""]);
  assert.deepEqual(box, { text: "half a sentence\n\nFirst", images: [image("b.png"), image("a.png")] });
});

test("what is sent once the answer is stopped goes as soon as that has ended", async () => {
  queue.stopped();
  page.isStopped = true;
  await take("Rather this");
  looks();
  assert.deepEqual(sent, []);
  page.isAnswering = page.isStopped = page.hasEndedWell = false;
  looks();
  assert.deepEqual(words(), ["Rather this"]);
});

test("a click on Stop after the answer's end, when the next was just begun, came too late", async () => {
  await take("And then?");
  page.isAnswering = false;
  looks();
  assert.equal(queue.hasJustSent(), true);
  time += 600;
  assert.equal(queue.hasJustSent(), false);
});

test("it is there after a reload, and sent when its answer ends, also where that was while the page was away", async () => {
  await take("And then?");
  load();
  looks();
  assert.equal(queue.waiting.text, "And then?");
  page.isAnswering = false;
  looks();
  assert.deepEqual(words(), ["And then?"]);
  queue.taken(sent[0].id);
  page.isAnswering = true;
  await take("And now?");
  page = { ...page, isAnswering: false, chat: "" };
  load();
  looks(5);
  assert.equal(sent.length, 1);
  page.chat = "a";
  looks();
  assert.deepEqual(words(), ["And then?", "And now?"]);
});

test("a tab that is opened again long after sends nothing by itself", async () => {
  await take("And then?");
  page.isAnswering = false;
  time += 3_600_000;
  load();
  looks(100);
  assert.deepEqual([sent, queue.waiting.text], [[], "And then?"]);
});

test("where the page is loaded anew before it hears that the message was taken, it asks again from the same place", async () => {
  await take("And then?");
  page.isAnswering = false;
  looks();
  page.leaf = "3"; // with the message, and its answer
  load();
  looks();
  assert.equal(sent.length, 2);
  assert.deepEqual([sent[0].sent, sent[0].id], [sent[1].sent, sent[1].id]);
  assert.equal(JSON.parse(sent[1].sent).leaf, "1");
});

test("what the server refuses waits for the person", async () => {
  await take("And then?");
  page.isAnswering = false;
  looks();
  queue.untaken(sent[0].id);
  looks(200);
  assert.deepEqual([sent.length, queue.waiting.isHeld], [1, true]);
});

test("where nobody says what came of it, the person may send it again, from the place at which it was sent", async () => {
  await take("And then?");
  page.isAnswering = false;
  looks();
  looks(100);
  assert.deepEqual([sent.length, queue.waiting.isHeld], [1, true]);
  page.leaf = "3";
  queue.sendNow();
  assert.equal(sent[1].sent, sent[0].sent);
});

test("it is not sent into another chat, and waits in its own", async () => {
  await take("And then?");
  const left = queue.left();
  page = { ...page, isAnswering: false, chat: "b" };
  looks(20);
  assert.deepEqual([sent, queue.waiting.isHeld], [[], true]);
  page.chat = "a";
  kept.queue = left;
  load();
  looks(100);
  assert.deepEqual([sent, queue.waiting.text, queue.waiting.isHeld], [[], "And then?", true]);
});
