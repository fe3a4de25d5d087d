// A page or a drawing that a model wrote, as a browser shows it: in a frame that reaches neither this page nor a network.

import { element } from "../dom.js";
import texts from "../texts.js";

// For the frame itself. Where it could lead to, this page's own policy forbids (frame-src, web/middleware.py).
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; " +
  "font-src data:; form-action 'none'; base-uri 'none'";

// No policy of a browser's keeps a page from WebRTC, which would tell any address who looks at this, and what is in it. So the
// frame goes without it, and without frames of its own, which would have it again: taken away as soon as they are there,
// which is before they are loaded. Nothing of the page's own has run before this.
const GUARD = `
<script>{
  const { apply } = Reflect, { observe } = MutationObserver.prototype, { remove } = Element.prototype;
  const all = DocumentFragment.prototype.querySelectorAll, attach = Element.prototype.attachShadow;
  const { querySelectorAll } = Document.prototype, Observer = MutationObserver;
  const watch = (root, find) => apply(observe, new Observer(() => {
    const frames = apply(find, root, ["iframe, frame, fencedframe"]);
    for (let at = 0; frames[at]; at += 1) apply(remove, frames[at], []); // its length may be made another
  }), [root, { childList: true, subtree: true }]);
  watch(document, querySelectorAll);
  Element.prototype.attachShadow = function (given) {
    const root = apply(attach, this, [{ ...given, clonable: false }]);
    watch(root, all);
    return root;
  };
  for (const made of [Element.prototype, ShadowRoot.prototype, Document.prototype, Document])
    for (const name of Object.getOwnPropertyNames(made)) if (/^write|HTML.*Unsafe/.test(name)) delete made[name];
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport"]) delete window[name];
}</script>`;

/** @param {string} code */
export const framed = (code) =>
  `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
  `<meta name="viewport" content="width=device-width">${GUARD}${isDrawing(code) ? CENTRED : ""}${code.replace(/shadowrootmode/gi, "data-mode")}`;

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
