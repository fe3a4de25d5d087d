// What Gradio leaves unsaid, or says wrongly, to those who hear the page or use it by keys.

import { FOOT_LABEL, find, findAll } from "./dom.js";
import { sourceText } from "./source_text.js";

/** @type {[beginning: string, label: string][]} */
const PARTS = [
  [`bot's message: <div class="calls">`, "Tool calls"],
  [`bot's message: <details class="thought"`, "Thought"],
  [`bot's message: <div class="foot">`, FOOT_LABEL],
];
/** @type {[selector: string, attribute: string, value: string][]} */
const ATTRIBUTES = [
  ["#conversation [role=log]", "aria-live", "off"],
  ["#message textarea", "aria-label", "Message"],
  ["#message input[type=file]", "accept", "image/*,.avif,.heic,.heif,.jfif"],
  ["#seed input", "inputmode", "numeric"],
];
/** @type {[selector: string, attribute: string, value: string][]} */
const ATTRIBUTES_OF_ALL = [
  ["#conversation [data-testid][aria-label]:not([role])", "role", "group"],
  ["#conversation button:has(img):not([aria-label])", "aria-label", "Enlarge the picture"],
];

/** Goes on for as long as the page is there, since Gradio makes its elements anew. */
export function keepAccessible() {
  setInterval(tidy, 500);
}

function tidy() {
  for (const [selector, name, value] of ATTRIBUTES) find(selector, HTMLElement)?.setAttribute(name, value);
  find('#conversation .examples[role="list"]', HTMLElement)?.removeAttribute("role"); // its children are buttons
  for (const [selector, name, value] of ATTRIBUTES_OF_ALL)
    for (const found of findAll(selector)) found.setAttribute(name, value);
  for (const message of findAll("[data-testid=user][aria-label], [data-testid=bot][aria-label]"))
    name(message);
}

/**
 * Gradio labels a message with what it was given, be it the HTML of what is no text of anybody's.
 * @param {Element} message
 */
function name(message) {
  const given = message.getAttribute("aria-label") ?? "";
  const part = PARTS.find(([beginning]) => given.startsWith(beginning));
  const label = part ? part[1] : sourceText(given);
  if (label !== given) message.setAttribute("aria-label", label);
}
