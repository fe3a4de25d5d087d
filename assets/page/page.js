// The page's own script: the list of conversations and where they are kept, the small buttons in the conversation,
// keys, downloads. Runs as the js_on_load of the hidden channel component: `trigger` calls the server, `watch` hears it,
// `upload` hands it a file. What is kept stays in this browser's IndexedDB, unless the server has an archive.
const archive = props.mode === "archive";
const list = () => document.querySelector("#shelf-list");
let entries = [];
let current = sessionStorage.getItem("current") || "";

// --- what this browser keeps -------------------------------------------------------------------------------------
const opened = new Promise((done, failed) => {
  const request = indexedDB.open("mistral-chat", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("documents", { keyPath: "id" });
    request.result.createObjectStore("pictures");
  };
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});
async function store(name, mode, use) {
  const db = await opened;
  return new Promise((done, failed) => {
    const transaction = db.transaction(name, mode);
    const request = use(transaction.objectStore(name));
    transaction.oncomplete = () => done(request.result);
    transaction.onerror = () => failed(transaction.error);
  });
}
const pictures = (body) => [...body.matchAll(/"path": ?"([^"]+\.png)"/g)].map((m) => JSON.parse(`"${m[1]}"`));
const gone = new Set(); // deleted while an answer was under way: its end is not kept any more
const key = (path) => path.split("/").pop();

async function save(entry) {
  for (const path of pictures(entry.body)) {
    if (await store("pictures", "readonly", (s) => s.getKey(key(path)))) continue;
    const answer = await fetch(`${root()}/gradio_api/file=${path}`);
    if (answer.ok) {
      const blob = await answer.blob();
      await store("pictures", "readwrite", (s) => s.put(blob, key(path)));
    }
  }
  const before = await store("documents", "readonly", (s) => s.get(entry.id));
  if (before && before.named) entry = { ...entry, title: before.title, named: true };
  if (gone.has(entry.id)) return;
  await store("documents", "readwrite", (s) => s.put(entry));
}
// `again`: the server has lost it, and what the page holds besides stays.
async function open_(id, again = false) {
  if (archive) return trigger("select", { do: "open", id, again });
  const entry = await store("documents", "readonly", (s) => s.get(id));
  if (!entry) return again && trigger("select", { do: "open", id, again });
  let body = entry.body;
  for (const path of new Set(pictures(body))) {
    const blob = await store("pictures", "readonly", (s) => s.get(key(path)));
    if (!blob) continue;
    const sent = await upload(new File([blob], key(path), { type: "image/png" }));
    body = body.replaceAll(JSON.stringify(path), JSON.stringify(sent.path));
  }
  trigger("select", { do: "open", id, body, again });
}
async function forget(id) {
  gone.add(id);
  if (!archive) {
    await store("documents", "readwrite", (s) => s.delete(id));
    const kept = new Set((await store("documents", "readonly", (s) => s.getAll())).flatMap((d) => pictures(d.body).map(key)));
    for (const name of await store("pictures", "readonly", (s) => s.getAllKeys()))
      if (!kept.has(name)) await store("pictures", "readwrite", (s) => s.delete(name));
  }
  trigger("select", { do: "delete", id });
  if (id === current) remember("");
  refresh();
}
async function rename(id, title) {
  if (!archive) {
    const entry = await store("documents", "readonly", (s) => s.get(id));
    const body = JSON.stringify({ ...JSON.parse(entry.body), title });
    await store("documents", "readwrite", (s) => s.put({ ...entry, title, body, named: true }));
  }
  trigger("select", { do: "rename", id, title });
  refresh();
}
function remember(id) {
  current = id;
  sessionStorage.setItem("current", id);
}
const root = () => (window.gradio_config?.root || location.origin).replace(/\/$/, "");

// --- the list -----------------------------------------------------------------------------------------------------
async function refresh() {
  if (!archive) entries = await store("documents", "readonly", (s) => s.getAll());
  draw();
}
function draw() {
  const place = list();
  if (!place) return;
  const wanted = (document.querySelector("#shelf-search")?.value || "").toLowerCase();
  const found = entries
    .filter((e) => !wanted || `${e.title} ${e.words}`.toLowerCase().includes(wanted))
    .sort((a, b) => (a.updated < b.updated ? 1 : -1));
  place.replaceChildren(...found.map(item));
  const empty = document.querySelector("#shelf-empty");
  if (empty) empty.textContent = found.length ? "" : wanted ? "Nothing found." : "Conversations will stand here.";
}
function element(name, props, ...children) {
  const made = Object.assign(document.createElement(name), props);
  made.append(...children);
  return made;
}
function item(entry) {
  const row = element("li", { className: entry.id === current ? "current" : "" });
  const open = element("button", { type: "button", className: "open", textContent: entry.title, title: entry.title });
  open.onclick = () => {
    uncover();
    open_(entry.id);
  };
  if (entry.id === current) open.setAttribute("aria-current", "true");
  const edit = element("button", { type: "button", textContent: "✎", title: "Rename" });
  edit.setAttribute("aria-label", `Rename ${entry.title}`);
  edit.onclick = () => {
    const field = element("input", { value: entry.title, maxLength: 60 });
    field.setAttribute("aria-label", "New title");
    const done = (keep) => (keep && field.value.trim() ? rename(entry.id, field.value.trim()) : draw());
    field.onkeydown = (e) => {
      if (e.key === "Enter") done(true);
      if (e.key === "Escape") done(false);
      e.stopPropagation();
    };
    row.replaceChildren(field);
    field.focus();
  };
  const remove = element("button", { type: "button", textContent: "✕", title: "Delete" });
  remove.setAttribute("aria-label", `Delete ${entry.title}`);
  remove.onclick = () => {
    if (remove.dataset.sure) return forget(entry.id);
    remove.dataset.sure = "yes";
    remove.textContent = "Delete?";
    setTimeout(draw, 3000);
  };
  row.append(open, edit, remove);
  return row;
}

// --- what the server says -------------------------------------------------------------------------------------------
// On the channel, what came of a click; in reports, what came of an answer. One after the other, as they come.
const heard = {};
let hearing = Promise.resolve();
function hear(by, said) {
  const text = JSON.stringify(said);
  if (!said || typeof said !== "object" || text === heard[by]) return;
  heard[by] = text;
  if ("current" in said && said.current !== current) {
    remember(said.current);
    uncover();
    for (const follower of followers) follower.begin(); // another conversation is shown from its end
  }
  hearing = hearing.catch(() => {}).then(() => take(said));
}
async function take(said) {
  try {
    await act(said);
  } finally {
    if (said.done) announce();
  }
}
async function act(said) {
  if (said.save) await save(said.save);
  if (said.list) entries = said.list;
  if (said.download) {
    const url = URL.createObjectURL(new Blob([said.download.text], { type: said.download.type }));
    element("a", { href: url, download: said.download.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }
  await refresh();
}
watch("value", () => hear("channel", props.value));
addEventListener("report", (event) => hear("report", event.detail));

// --- clicks and keys --------------------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button.do");
  const isLate = event.target.closest?.("#message .submit-button") && isJustOver();
  if (!button && !isLate) return;
  event.preventDefault();
  event.stopPropagation();
  if (isLate) return;
  const [what, index, step] = button.value.split(" ");
  if (what === "reopen") return open_(current, true);
  trigger(what === "continue" ? "submit" : "select", { do: what, index, step });
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#new-chat, #compare-start")) uncover();
  // Who stops by key would else be left nowhere, since the button goes.
  if (event.isTrusted && !event.detail && event.target.closest?.("#message .stop-button"))
    document.querySelector("#message textarea").focus();
});
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches?.("select.do")) return;
  const [what, index] = field.name.split(" ");
  trigger("select", { do: what, index, step: field.value });
});
document.addEventListener("input", (event) => (event.target.id === "shelf-search" ? draw() : endEmptyEdit()));
// An edit whose box has been emptied is over: what is written next is a new message.
const editing = () => document.querySelector("#strip .editing");
function endEmptyEdit() {
  if (editing() && !document.querySelector("#strip li") && !document.querySelector("#message textarea").value)
    trigger("select", { do: "unedit" });
}
setInterval(endEmptyEdit, 500); // pictures leave the box without an input
const press = (id) => document.querySelector(`#${id}`)?.click();
// Where a sidebar covers the whole page it closes, so that what it led to is seen. Whether one was open.
const NARROW = matchMedia("(max-width: 768px)"); // as Gradio has it
function uncover() {
  const open = NARROW.matches ? [...document.querySelectorAll(".sidebar.open > .toggle-button")] : [];
  for (const toggle of open) toggle.click();
  return open.length > 0;
}
document.addEventListener("keydown", (event) => {
  const box = document.querySelector("#message textarea");
  const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    if (!event.target.closest?.(".sidebar :is(input, textarea)") && uncover()) return;
    if (document.querySelector(".inspector")) trigger("select", { do: "close" });
    else if (editing()) trigger("select", { do: "unedit", index: "clear" });
    else document.querySelector("#message .stop-button")?.click();
  } else if (event.key === "ArrowUp" && event.target === box && !box.value) {
    event.preventDefault();
    trigger("select", { do: "edit", index: "last" });
  } else if (event.altKey && event.key.toLowerCase() === "n") {
    event.preventDefault();
    press("clear");
  } else if (event.altKey && event.key.toLowerCase() === "r") {
    event.preventDefault();
    press("retry");
  } else if (event.key === "/" && !typing) {
    event.preventDefault();
    box?.focus();
  }
}, true);

// --- files that are pasted ------------------------------------------------------------------------------------------------
// Gradio takes those that the browser says are pictures, and passes over a HEIC photo, say, in silence. So others go the
// way of files that are picked: the server looks at what is in them.
document.addEventListener("paste", (event) => {
  const input = event.target.closest?.("#message") && document.querySelector("#message input[type=file]");
  const files = event.clipboardData?.files || [];
  if (!input || [...files].every((file) => file.type.startsWith("image/"))) return;
  event.preventDefault();
  event.stopPropagation();
  input.files = files;
  input.dispatchEvent(new Event("change"));
}, true);

// --- one polite announcement when an answer is done, never one at each token -----------------------------------------------
const told = element("div", { className: "only-heard" });
told.setAttribute("role", "status");
told.setAttribute("aria-live", "polite");
document.body.append(told);
let answers = 0;
function announce() {
  answers += 1;
  document.body.dataset.answers = answers;
  told.textContent = `The answer is done.${" ".repeat(answers % 2)}`; // a text that does not change is not read again
}
// What Gradio is given to show a text as it was written (ui/written.py) is changed back where the text itself is wanted.
const DRAWN = "$ $ $$ $$ \\( \\) \\[ \\]".split(" ");
const source = (text) =>
  text
    .replace(/^(user's message: )?<pre class="typed">\n([\s\S]*)<\/pre>$/, "$1$2")
    .replaceAll("[picture&#x00003a; ", "![")
    .replace(/[\ufdd0-\ufdd7]/g, (sign) => DRAWN[sign.charCodeAt(0) - 0xfdd0])
    .replace(/&#x0000([0-9a-f]{2});/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
const clipboard = navigator.clipboard; // none where the page is not served securely: Gradio copies from a field then
if (clipboard) clipboard.writeText = ((write) => (text) => write.call(clipboard, source(text)))(clipboard.writeText);
document.addEventListener("copy", (event) => {
  if (!event.target.matches?.("body > textarea")) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", source(event.target.value));
});
new MutationObserver(() => {
  const field = document.querySelector("#conversation textarea.edit-textarea:not([data-source])");
  if (!field) return;
  field.dataset.source = "shown";
  field.value = source(field.value);
  field.dispatchEvent(new Event("input"));
}).observe(document.body, { childList: true, subtree: true });
const PARTS = { ".calls": "Tool calls", ".thought": "Thought", ".foot": "About the answer" };
function tidy() {
  const log = document.querySelector("#conversation [role=log]");
  log?.setAttribute("aria-live", "off");
  document.querySelector("#message textarea")?.setAttribute("aria-label", "Message");
  document.querySelector("#message input[type=file]")?.setAttribute("accept", "image/*,.avif,.heic,.heif,.jfif");
  document.querySelector("#seed input")?.setAttribute("inputmode", "numeric");
  document.querySelector('#conversation .examples[role="list"]')?.removeAttribute("role"); // its children are buttons
  for (const message of document.querySelectorAll("#conversation [data-testid][aria-label]:not([role])"))
    message.setAttribute("role", "group");
  for (const picture of document.querySelectorAll("#conversation button:has(img):not([aria-label])"))
    picture.setAttribute("aria-label", "Enlarge the picture");
  // Gradio labels a message with what it was given, be it the HTML of what is no text of anybody's.
  for (const message of document.querySelectorAll("[data-testid=user][aria-label], [data-testid=bot][aria-label]")) {
    const given = message.getAttribute("aria-label");
    const part = Object.keys(PARTS).find((name) => message.querySelector(name));
    const label = part ? PARTS[part] : source(given);
    if (label !== given) message.setAttribute("aria-label", label);
  }
}
setInterval(tidy, 500);

// --- whether an answer is under way: then Stop has the place of Send -----------------------------------------------------------
const LATE = 500; // milliseconds in which a click on Send was meant for Stop, whose place it has just taken
let running = false;
let ended = -LATE;
const isJustOver = () => running || performance.now() - ended < LATE;
function look() {
  const now = !!document.querySelector("#answering");
  if (now && !running) for (const follower of followers) follower.begin();
  if (!now && running) ended = performance.now();
  running = now;
}

// --- follow what is written, until the reader scrolls; being back at the end resumes it ----------------------------------------
const NEAR = 60; // pixels from the end that count as its end for someone who scrolls down
const GLIDE = 1000; // milliseconds in which a scroll may still glide to what was the end when it began
class Follower {
  constructor(place) {
    this.place = place;
    this.following = true;
    this.isEmpty = true;
    this.top = this.height = 0; // as they were seen last
    this.ends = []; // how far one could scroll at the last three looks
    this.goal = { top: Infinity, at: -GLIDE };
    const listen = (name, heard) => document.addEventListener(name, heard, { capture: true, passive: true });
    listen("scroll", (event) => event.target === this.log() && this.judge());
    for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) listen(name, (event) => this.touched(event));
    // What a reader unfolds or edits stays where it is; an answer that is being written goes on being followed.
    for (const [name, part] of [["toggle", "details"], ["click", ".thought-group"], ["focusin", "textarea"]])
      listen(name, (event) => {
        const isHere = event.target.closest?.(part) && this.log()?.contains(event.target);
        if (isHere && !running) this.following = false;
      });
  }
  log() {
    return document.querySelector(`${this.place} .bubble-wrap`);
  }
  begin() {
    this.following = true;
  }
  leave() {
    this.following = false;
    this.goal.at = -GLIDE;
  }
  // What may lead to a scroll, which a busy page hears of late: what it scrolled meanwhile would undo it.
  touched(event) {
    if (event.type !== "keydown" && !event.target.closest?.(this.place)) return;
    this.goal = { top: Math.min(...this.ends), at: performance.now() };
    if (event.deltaY < 0 && this.top > 0) this.leave();
    if (event.type === "touchmove" && this.top > 0) this.following = false;
  }
  // Who has moved it since it was seen last: the reader, unless its end came nearer and took the place with it.
  judge() {
    look(); // a scroll after the beginning of an answer is judged after it
    const log = this.log();
    const end = log.scrollHeight - log.clientHeight;
    const isCut = log.scrollHeight < this.height || log.scrollTop > end - 2;
    const goal = performance.now() < this.goal.at + GLIDE ? Math.min(this.goal.top, end) : end;
    if (log.scrollTop > this.top && log.scrollTop > goal - NEAR) this.following = true;
    else if (log.scrollTop < this.top && !isCut) this.leave();
    this.note(log);
  }
  note(log) {
    this.top = log.scrollTop;
    this.height = log.scrollHeight;
    // Else the browser itself scrolls where something above grows, which would look like the reader's doing.
    log.style.overflowAnchor = this.following ? "none" : "auto";
  }
  follow() {
    const log = this.log();
    if (!log) return;
    this.judge();
    const isEmpty = !log.querySelector(".message-row");
    if (isEmpty !== this.isEmpty) this.following = true;
    if (isEmpty && !this.isEmpty) log.scrollTop = 0; // the start page begins with its title
    if (!isEmpty && this.following) log.scrollTop = log.scrollHeight;
    this.isEmpty = isEmpty;
    this.ends = [...this.ends.slice(-2), log.scrollHeight - log.clientHeight];
    this.note(log);
  }
}
const followers = ["#conversation", "#compare-left", "#compare-right"].map((place) => new Follower(place));
setInterval(() => followers.forEach((follower) => follower.follow()), 200);

// A link that brings a question of its own begins a new conversation.
if (current && !new URLSearchParams(location.search).has("q")) setTimeout(() => open_(current), 400);
if (archive) trigger("select", { do: "list" });
refresh();
setTimeout(draw, 800);
