// One's own message stands in the conversation as soon as it is sent: the server's answer to it takes its place.

import { isEditing } from "../composer/box.js";
import { closest, element, find, findAll, isThere, messageBox } from "../dom.js";
import texts from "../texts.js";

const IN_BOX = 3000; // milliseconds after which what is in the box has not been sent
const PATIENCE = 20_000; // milliseconds until it is taken away again, if the server says nothing

/** From now on. @param {() => boolean} isAnswering */
export function showSent(isAnswering) {
  const sends = () => {
    const text = messageBox()?.value ?? "";
    const images = findAll("#strip li img").map((image) => (image instanceof HTMLImageElement ? image.src : ""));
    if (isAnswering() || isEditing() || isThere("#strip .refused") || !(text.trim() || images.length)) return;
    show(text, images);
  };
  document.addEventListener("click", (event) => closest(event, "#message .submit-button") && sends(), true);
}

/**
 * @param {string} text
 * @param {string[]} images their addresses
 */
export function show(text, images) {
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
  setTimeout(() => entry.remove(), PATIENCE);
  const watching = setInterval(() => { // a call that is refused before it is one leaves the text where it was
    if (!entry.isConnected || !text) return clearInterval(watching);
    if (performance.now() - begun > IN_BOX && messageBox()?.value === text) entry.remove();
  }, 500);
}

/** The server cannot take it, and has put it back into the box. */
export function takeAway() {
  for (const entry of findAll("#conversation .pending")) entry.remove();
}
