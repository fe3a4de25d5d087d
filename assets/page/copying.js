// Where the text of a message leaves the page, or is edited, it is the text as it was written.

import { find } from "./dom.js";
import { sourceText } from "./source_text.js";

export function copyAsWritten() {
  wrapClipboard();
  document.addEventListener("copy", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLTextAreaElement && field.matches("body > textarea"))) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", sourceText(field.value));
  });
  new MutationObserver(editAsWritten).observe(document.body, { childList: true, subtree: true });
}

function wrapClipboard() {
  const clipboard = navigator.clipboard; // none where the page is not served securely: Gradio copies from a field then
  if (!clipboard) return;
  const write = clipboard.writeText;
  clipboard.writeText = (text) => write.call(clipboard, sourceText(text));
}

function editAsWritten() {
  const field = find("#conversation textarea.edit-textarea:not([data-source])", HTMLTextAreaElement);
  if (!field) return;
  field.dataset.source = "shown";
  field.value = sourceText(field.value);
  field.dispatchEvent(new Event("input"));
}
