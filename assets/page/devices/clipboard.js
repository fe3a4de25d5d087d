// Copying, also where the page is not served securely, or stands in a frame that the clipboard is forbidden.

import { element } from "../dom.js";

/** @param {string} text */
export function writeClipboard(text) {
  (navigator.clipboard?.writeText(text) ?? Promise.reject()).catch(() => copyFromField(text));
}

/**
 * The same of a text that is on its way: Safari copies nothing else once the click is over.
 * @param {Promise<string>} text
 */
export function writePromised(text) {
  if (typeof ClipboardItem === "undefined" || !navigator.clipboard?.write) return void text.then(writeClipboard);
  const blob = text.then((written) => new Blob([written], { type: "text/plain" }));
  navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]).catch(() => text.then(writeClipboard));
}

/** Gradio's own buttons copy by `navigator.clipboard` too. */
export function copyAnywhere() {
  if (!navigator.clipboard)
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async (/** @type {string} */ text) => copyFromField(text) } });
}

/**
 * Copies as of old, which a page may do within a click.
 * @param {string} text
 */
function copyFromField(text) {
  const focused = document.activeElement;
  const field = element("textarea", { value: text }, { style: "position: fixed; opacity: 0" });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}
