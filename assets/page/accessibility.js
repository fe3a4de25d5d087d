// What Gradio leaves unsaid, or says wrongly, to those who hear the page or use it by keys.

import { find } from "./dom.js";
import texts from "./texts.js";

/** @type {[selector: string, attribute: string, value: string][]} */
const ATTRIBUTES = [
  ["#message textarea", "aria-label", texts.composer.message],
  ["#message input[type=file]", "accept", "image/*,.avif,.heic,.heif,.jfif"],
  ["#seed input", "inputmode", "numeric"],
];

/** Goes on for as long as the page is there, since Gradio makes its elements anew. */
export function keepAccessible() {
  setInterval(() => {
    for (const [selector, name, value] of ATTRIBUTES) find(selector, HTMLElement)?.setAttribute(name, value);
  }, 500);
}
