// Copying, also where the page is not served securely, or stands in a frame that the clipboard is forbidden.

import { closest, element } from "../dom.js";

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

/** Gradio's own buttons copy by `navigator.clipboard` too; and the page's copy code, and tables as CSV. */
export function copyAnywhere() {
  if (!navigator.clipboard)
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async (/** @type {string} */ text) => copyFromField(text) } });
  document.addEventListener("click", (event) => {
    const figure = closest(event, ".copy-code, .copy-table")?.closest("figure");
    if (!figure) return;
    const rows = [...figure.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => quoted(cell.textContent ?? "")).join(","));
    writeClipboard(figure.matches(".table") ? rows.join("\r\n") : (figure.querySelector("code")?.textContent ?? ""));
  });
}

/** A cell of a CSV file (RFC 4180). @param {string} text */
const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

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
