// Asks the server what the box would cost, and for its images, once what is written rests, and after an answer.

import { closest, findAll, isThere, messageBox, placeHeld } from "../dom.js";
import { isSending } from "../transcript/pending.js";

const REST = 300; // milliseconds after a key
const LOOK = 100; // milliseconds between two looks for images, which come and go without an input

export function tellWhenAtRest() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const tell = () => {
    clearTimeout(timer);
    dispatchEvent(new Event("rest"));
  };
  document.addEventListener("input", (event) => {
    if (!closest(event, "#message, #panel") || (isSending() && !messageBox()?.value)) return;
    clearTimeout(timer);
    timer = setTimeout(tell, REST);
  });
  let [files, text, day, place] = [images(), "", today(), placeHeld()];
  setInterval(() => {
    const [now, at] = [images(), placeHeld()];
    const isElsewhere = at !== place && !(isThere("#answering") && isSameBox(at, place));
    if (now !== files || isElsewhere) tell();
    files = now;
    if (isElsewhere) place = at;
  }, LOOK);
  setInterval(() => {
    const now = messageBox()?.value ?? ""; // the server fills the box without an input
    if (now !== text && document.activeElement !== messageBox()) tell();
    text = now;
    if (today() === day) return;
    day = today();
    tell();
    dispatchEvent(new Event("newday"));
  }, 10 * LOOK);
}

const images = () => findAll("#message .thumbnail-item").length;
const today = () => new Date().toDateString();

/** Whether two of the server's places (ui/place.py) are of the same box. @param {string} one @param {string} other */
function isSameBox(one, other) {
  const [here, there] = [JSON.parse(one), JSON.parse(other)];
  return (here.editing ?? null) === (there.editing ?? null) && (here.changes ?? 0) === (there.changes ?? 0);
}
