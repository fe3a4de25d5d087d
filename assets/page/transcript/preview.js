// A page or a drawing that a model wrote, as a browser shows it: in a frame that reaches neither this page nor a network.

import { element } from "../dom.js";
import texts from "../texts.js";

// For the frame itself. Where it could lead to, this page's own policy forbids (frame-src, web/middleware.py).
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; " +
  "font-src data:; form-action 'none'; base-uri 'none'";

/** @param {string} code */
export const framed = (code) =>
  `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
  `<meta name="viewport" content="width=device-width">${isDrawing(code) ? CENTRED : ""}${code}`;

const CENTRED = "<style>html{height:100%}body{min-height:100%;margin:0;display:grid;place-items:center}</style>";

/** @param {string} code */
const isDrawing = (code) => /^\s*(<\?xml[^>]*>\s*)?<svg\b/i.test(code);

/** Opens it above the page, until it is closed. @param {string} code */
export function openPreview(code) {
  const dialog = element("dialog", { className: "preview" }, { "aria-label": texts.answer.preview });
  const bar = element("div", { className: "bar" });
  const close = element("button", { type: "button", textContent: "✕", title: texts.answer.close }, { "aria-label": texts.answer.close });
  const frame = element("iframe", { title: texts.answer.preview }, {
    sandbox: "allow-scripts", referrerpolicy: "no-referrer", allow: "",
  });
  frame.srcdoc = framed(code);
  bar.append(element("strong", { textContent: texts.answer.preview }), close);
  dialog.append(bar, frame);
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
