// What comes before the messages that are shown: asked for as the reader comes near it, and all of it where the browser
// is to find a word in the page, or to print it.

import { element } from "../dom.js";
import texts from "../texts.js";

const NEAR = "1200px 0px 0px 0px"; // above what is seen
const PATIENCE = 5000; // milliseconds

export class Earlier {
  /**
   * @param {import("./transcript.js").Transcript} transcript
   * @param {(before: number) => void} ask the server
   */
  constructor(transcript, ask) {
    this.transcript = transcript;
    this.ask = ask;
    this.wantsAll = false;
    this.asked = { before: 0, at: -PATIENCE };
    this.button = element("button", { type: "button", className: "earlier", textContent: texts.transcript.earlier });
    this.button.addEventListener("click", () => this.load(true));
    this.watching = new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && this.load(),
      { root: transcript.place, rootMargin: NEAR },
    );
    document.addEventListener("keydown", ({ code, ctrlKey, metaKey }) => {
      if (code === "F3" || (code === "KeyF" && (ctrlKey || metaKey))) this.loadAll();
    }, true);
    addEventListener("beforeprint", () => this.loadAll());
  }

  /** After each drawing. */
  offer() {
    const { place, earlier } = this.transcript;
    this.watching.unobserve(this.button);
    if (!earlier) {
      this.wantsAll = false;
      return this.button.remove();
    }
    if (place.firstElementChild !== this.button) place.prepend(this.button);
    if (this.wantsAll) this.load();
    else this.watching.observe(this.button); // which tells at once where it is near
  }

  /** @param {boolean} isForced also where that was asked for a moment ago */
  load(isForced = false) {
    const before = this.transcript.earlier;
    const isAsked = this.asked.before === before && performance.now() - this.asked.at < PATIENCE;
    if (!before || (isAsked && !isForced)) return;
    this.asked = { before, at: performance.now() };
    this.ask(before);
  }

  loadAll() {
    this.wantsAll = true;
    this.load();
  }
}
