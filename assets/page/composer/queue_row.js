// The message that waits, above the box, with what can be done with it.

import texts from "../texts.js";
import { element, find, messageBox } from "../dom.js";
import { toast } from "../layout/toast.js";
import { isTouch } from "./box.js";

/** @param {import("./queue.js").Queue} queue */
export function showQueue(queue) {
  const row = element("div", { id: "queue", hidden: true }, { role: "group", "aria-label": texts.composer.queued });
  queue.changed = () => draw(queue, row);
  const put = () => {
    const composer = find("#composer", HTMLElement);
    if (composer && row.parentElement !== composer) composer.prepend(row);
  };
  put();
  setInterval(() => {
    put();
    queue.look();
  }, 250);
  queue.changed();
}

/** @param {import("./queue.js").Queue} queue @param {HTMLElement} row */
function draw(queue, row) {
  const { waiting } = queue;
  row.hidden = waiting === null;
  if (!waiting) return row.replaceChildren();
  const { composer } = texts;
  const label = element("b", { textContent: waiting.isHeld ? composer.queued_held : composer.queued });
  const images = waiting.images.filter(({ src }) => src).slice(0, 3).map(({ src }) => element("img", { src, alt: "" }));
  const count = waiting.images.length;
  const counted = count === 1 ? composer.queued_image : composer.queued_images.replace("{count}", String(count));
  const said = element("span", { className: "said", textContent: waiting.text || counted, title: waiting.text, dir: "auto" });
  row.replaceChildren(
    label, ...images, said,
    button(composer.queue_edit, () => queue.edit()),
    button(composer.queue_now, () => queue.sendNow()),
    button(composer.queue_delete, () => {
      queue.keep(null);
      toast(composer.queue_deleted, { label: composer.undo, act: () => queue.keep({ ...waiting, isHeld: true }) });
    }),
  );
}

/** @param {string} text @param {() => void} act */
function button(text, act) {
  const made = element("button", { type: "button", textContent: text });
  made.addEventListener("click", () => {
    act();
    if (!isTouch()) messageBox()?.focus(); // the button goes
  });
  return made;
}
