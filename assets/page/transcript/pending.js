// One's own message stands in the conversation as soon as it is sent: the server's answer to it takes its place.

import { isEditing, sentImages } from "../composer/box.js";
import { closest, element, find, findAll, isThere, messageBox } from "../dom.js";
import texts from "../texts.js";

const LOOK = 100; // milliseconds
const UNHEARD = 5000; // after which the text of it is back in the box, if the server says nothing
const PATIENCE = 20_000; // milliseconds until it is taken away again, if the server says nothing

/**
 * From now on.
 * @param {() => boolean} isAnswering
 * @param {(text: string) => void} settle is called when one is shown no more
 */
export function showSent(isAnswering, settle) {
  const sends = () => {
    const text = messageBox()?.value ?? "";
    const images = sentImages();
    if (isAnswering() || isEditing() || isThere("#strip .refused") || !(text.trim() || isThere("#strip .drafts > li"))) return;
    show(text, images, settle);
  };
  document.addEventListener("click", (event) => closest(event, "#message .submit-button") && sends(), true);
}

/**
 * @param {string} text
 * @param {string[]} images their addresses
 * @param {(text: string) => void} [settle]
 */
export function show(text, images, settle) {
  const place = find("#conversation .transcript", HTMLElement);
  if (!place) return;
  takeAway();
  const begun = performance.now();
  const content = element("div", { className: "content" });
  const block = (/** @type {Element} */ shown) => {
    const made = element("div", { className: "block" });
    made.append(shown);
    content.append(made);
  };
  const entry = element("article", { className: "entry user pending" }, { "aria-label": texts.transcript.you });
  if (images.length) {
    const pictures = element("div", { className: "pictures" });
    pictures.append(...images.map((src) => element("img", { src, alt: "" })));
    block(pictures);
  }
  if (text.trim()) block(element("div", { className: "typed", textContent: text, dir: "auto" }));
  block(element("div", { className: "actions" })); // the room that they will take
  entry.append(content);
  place.append(entry);
  dispatchEvent(new CustomEvent("sent"));
  const watching = setInterval(() => { // a call that is refused before it is one is answered by nothing
    if (performance.now() - begun > (settle && text ? UNHEARD : PATIENCE)) entry.remove();
    if (entry.isConnected) return;
    clearInterval(watching);
    settle?.(text);
  }, LOOK);
}

/** Whether one is. */
export const isSending = () => isThere("#conversation .pending");

/** The server cannot take it, and has put it back into the box. */
export function takeAway() {
  for (const entry of findAll("#conversation .pending")) entry.remove();
}
