// An image of the conversation, as large as the window has room for.

import { closest, element } from "../dom.js";
import { closeTopmost, lay } from "../layout/dialogs.js";
import texts from "../texts.js";

/** From now on: a click on an image enlarges it; another, Escape, or a click beside it takes it away. */
export function enlargeImages() {
  document.addEventListener("click", (event) => {
    const image = closest(event, ".enlarge")?.querySelector("img");
    if (image) enlarge(image);
  });
}

/** @param {HTMLImageElement} image */
function enlarge({ src, alt }) {
  const dialog = element("div", { className: "dialog open enlarged" }, { "aria-label": texts.transcript.enlarged });
  const close = element("button", { type: "button", title: texts.transcript.close }, { "aria-label": texts.transcript.close });
  close.append(element("img", { src, alt }));
  close.addEventListener("click", () => closeTopmost());
  dialog.append(close, element("button", { type: "button", className: "part", textContent: texts.regions.select }, { "data-act": "part" }));
  document.body.append(dialog);
  lay(dialog, () => dialog.remove());
}
