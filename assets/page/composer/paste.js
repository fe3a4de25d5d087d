// What is pasted: images and text come together, wherever on the page; of an office's program the text alone.

import { closest, messageBox } from "../dom.js";
import { addFiles } from "./files.js";

const OFFICE = /urn:schemas-microsoft-com:office|content="?(Microsoft|LibreOffice|OpenOffice)|Apple-(?:converted|interchange)|Cocoa HTML Writer|google-sheets-html-origin/i;
const FIELD = "input, textarea, select, [contenteditable=true], .cm-editor";

/**
 * What of a clipboard is taken. Office programs put a picture of their text beside it, which nobody means; and file
 * managers the names of the files. Pure.
 * @param {{ text: string, html: string, names: readonly string[] }} clipboard
 * @returns {{ takesFiles: boolean, text: string }}
 */
export function pasted({ text, html, names }) {
  if (!names.length) return { takesFiles: false, text };
  if (text.trim() && OFFICE.test(html)) return { takesFiles: false, text };
  const lines = text.split(/[\r\n]+/).map((line) => line.trim()).filter(Boolean);
  const isOfNames = lines.every((line) => names.some((name) => line === name || line.endsWith(`/${encodeURI(name)}`) || line.endsWith(`/${name}`)));
  return { takesFiles: true, text: isOfNames ? "" : text };
}

export function hearPasting() {
  document.addEventListener("paste", (event) => {
    const { clipboardData } = event;
    const box = messageBox();
    const isInBox = closest(event, "#message") !== null;
    if (!clipboardData || !box || (!isInBox && closest(event, FIELD))) return;
    const files = [...clipboardData.files];
    const { takesFiles, text } = pasted({
      text: clipboardData.getData("text/plain"), html: clipboardData.getData("text/html"), names: files.map(({ name }) => name),
    });
    if (isInBox && !files.length) return; // the browser's own way
    event.preventDefault();
    event.stopPropagation();
    if (takesFiles) addFiles(files);
    if (!isInBox) box.focus();
    if (text) insert(box, text);
  }, true);
}

/** At the caret, such that it can be undone. @param {HTMLTextAreaElement} box @param {string} text */
function insert(box, text) {
  if (document.activeElement === box && document.execCommand("insertText", false, text)) return;
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
