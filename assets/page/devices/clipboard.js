// Where the text of a message leaves the page, or is edited, it is the text as it was written.

import { element, find } from "../dom.js";
import { sourceText } from "../source_text.js";

export function copyAsWritten() {
  wrapClipboard();
  new MutationObserver(editAsWritten).observe(document.body, { childList: true, subtree: true });
}

/** All of Gradio's buttons copy by `navigator.clipboard`, and most do nothing where there is none. */
function wrapClipboard() {
  const { clipboard } = navigator; // none where the page is not served securely
  const write = clipboard?.writeText.bind(clipboard) ?? (() => Promise.reject());
  /** @param {string} text */
  const writeText = (text) => write(sourceText(text)).catch(() => copyFromField(sourceText(text)));
  if (clipboard) clipboard.writeText = writeText;
  else Object.defineProperty(navigator, "clipboard", { value: { writeText } });
}

/**
 * Copies as of old, which a page may do within a click, also in a frame that the clipboard is forbidden.
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

function editAsWritten() {
  const field = find("#conversation textarea.edit-textarea:not([data-source])", HTMLTextAreaElement);
  if (!field) return;
  field.dataset.source = "shown";
  field.value = sourceText(field.value);
  field.dispatchEvent(new Event("input"));
}
