// Sentences on what could not come into the box. They stand in the strip, until they are taken away or a message is sent.

import texts from "../texts.js";
import { closest, element, find, findAll } from "../dom.js";

const STATUS = /^HTTP \d{3}: /; // which Gradio's client writes before what the server says of an upload
const BROKEN = /^Connection errored out\./; // which it says where nobody answered

/**
 * @param {string} sentence
 * @param {{ label: string, act: () => void }} [offer] what can be done about it; it stays when a message is sent
 */
export function notice(sentence, offer) {
  const shown = place();
  if (!shown || [...shown.children].some((each) => each.firstChild?.textContent === sentence)) return;
  const note = element("p", { className: "notice" }, { role: "alert" });
  const dismiss = element("button", { type: "button", title: texts.composer.dismiss, textContent: "✕" }, { "aria-label": texts.composer.dismiss });
  dismiss.addEventListener("click", () => note.remove());
  note.append(element("span", { textContent: sentence }));
  if (offer) {
    const button = element("button", { type: "button", className: "offer", textContent: offer.label });
    button.addEventListener("click", () => {
      note.remove();
      offer.act();
    });
    note.append(button);
  }
  note.append(dismiss);
  shown.append(note);
}

function takeAway() {
  for (const note of findAll("#notices .notice")) if (!note.querySelector(".offer")) note.remove();
}

/** What was said of the numbers of pages, once others are typed or chosen. */
export function forgetPages() {
  const beyond = texts.documents.pages_beyond.split("{count}");
  for (const note of findAll("#notices .notice")) {
    const sentence = note.firstChild?.textContent ?? "";
    if (sentence === texts.documents.pages_unclear || beyond.every((part) => sentence.includes(part))) note.remove();
  }
}

/** Where they stand: before the images. */
function place() {
  const there = find("#notices", HTMLElement);
  if (there) return there;
  const strip = find("#strip", HTMLElement);
  const made = element("div", { id: "notices" });
  strip?.before(made);
  return strip ? made : null;
}

/**
 * What Gradio says of an upload in a toast is said in the strip, if it was one to the box, and without its number.
 * @param {() => string} file that of such an upload
 */
export function watchUploads(file) {
  const look = () => {
    for (const toast of findAll("[data-testid=toast-text]"))
      for (const text of toast.childNodes) {
        if (!(text instanceof Text) || !(STATUS.test(text.data) || (file() && BROKEN.test(text.data)))) continue;
        text.data = text.data.replace(STATUS, "");
        if (!file()) continue;
        notice(BROKEN.test(text.data) ? texts.composer.upload_failed.replace("{name}", file) : text.data);
        const close = toast.closest("[data-testid=toast-body]")?.querySelector("[data-testid=toast-close]");
        if (close instanceof HTMLElement) close.click();
      }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", (event) => closest(event, "#message .submit-button") && takeAway());
}
