// Asks the server what the box would cost, and for its images, once what is written rests; never while an answer comes.

import { closest, findAll, messageBox } from "../dom.js";
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
  let [files, text, day] = [images(), "", today()];
  setInterval(() => {
    const now = images();
    if (now !== files) tell();
    files = now;
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
