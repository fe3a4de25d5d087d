// One's own message stands in the conversation as soon as it is sent: the server's answer to it takes its place.

import { isEditing } from "../composer/box.js";
import { closest, element, find, findAll, isThere, messageBox } from "../dom.js";

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
  const content = element("div", { className: "content" });
  const entry = element("article", { className: "entry user pending" }, { "aria-label": "You" });
  if (images.length) {
    const pictures = element("div", { className: "pictures" });
    pictures.append(...images.map((src) => element("img", { src, alt: "" })));
    content.append(pictures);
  }
  if (text.trim()) content.append(element("div", { className: "typed", textContent: text, dir: "auto" }));
  entry.append(content);
  place.append(entry);
  place.scrollTop = place.scrollHeight;
  const begun = performance.now();
  const watching = setInterval(() => {
    const isRefused = messageBox()?.value === text && performance.now() - begun > 1500; // it is back in the box
    if (!entry.isConnected) clearInterval(watching);
    else if (isRefused || performance.now() - begun > PATIENCE) entry.remove();
  }, 250);
}
