// A link that brings a question fills the page in once: a reload goes on with what has come of it. What else it sets is
// said, since the settings are closed.

import { element, find, isThere, messageBox } from "../dom.js";
import { openSection } from "../layout/settings.js";
import texts from "../texts.js";

const PATIENCE = 30_000; // milliseconds for the server to fill it in
/** @type {("temperature" | "top_p" | "max_tokens" | "seed" | "top_k" | "min_p" | "repetition_penalty")[]} */
const NUMBERS = ["temperature", "top_p", "max_tokens", "seed", "top_k", "min_p", "repetition_penalty"];

/** Takes the link's values out of the page's address when they are in the page, and says what they change. */
export function takeLink() {
  const asked = new URLSearchParams(location.search);
  const changes = changed(asked);
  if (changes.length) say(changes);
  if (!asked.has("q")) return;
  const begun = performance.now();
  const waiting = setInterval(() => {
    if (!messageBox()?.value && performance.now() - begun < PATIENCE) return;
    clearInterval(waiting);
    history.replaceState(history.state, "", location.pathname + location.hash);
  }, 200);
}

/** What of the settings a link changes, in words. @param {URLSearchParams} asked */
export function changed(asked) {
  const changes = asked.has("system") ? [texts.link.prompt] : [];
  for (const name of NUMBERS) {
    const value = Number(asked.get(name) || NaN);
    if (Number.isFinite(value)) changes.push(texts.link[name].replace("{value}", value.toLocaleString("en")));
  }
  return changes;
}

/** @param {string[]} changes shown until a chat has begun, or is opened */
function say(changes) {
  const listed = changes.reduce((first, last, at) =>
    at < changes.length - 1 ? `${first}, ${last}` : texts.link.and.replace("{first}", () => first).replace("{last}", () => last));
  const note = element("p", { textContent: `${texts.link.sets.replace("{changes}", () => listed)} ` });
  const button = (/** @type {string} */ textContent, /** @type {() => void} */ onclick) =>
    note.append(element("button", { type: "button", textContent, onclick }));
  button(texts.link.review, () => openSection("prompt"));
  button(texts.link.reset, () => {
    const question = new URLSearchParams({ q: messageBox()?.value ?? "" });
    location.replace(`${location.pathname}?${question}`); // what a link sets is set when the page is loaded
  });
  const showing = setInterval(() => {
    const place = find("#link-note", HTMLElement);
    if (!place) return;
    if (!note.isConnected) place.replaceChildren(note);
    if (!isThere("#conversation .entry")) return;
    clearInterval(showing);
    place.replaceChildren();
  }, 200);
}
