// What Enter and the round button do. Gradio's own Enter is not used: it hears no input method, and no keyboard on a screen.

import { isBlocked, isEmpty, isTouch } from "./box.js";
import { closest, find, isInputMethods, messageBox } from "../dom.js";
import { isSending } from "../transcript/pending.js";

/**
 * What Enter in the box means: null where the key is another, "compose" where it is an input method's. Pure.
 * @param {{ key: string, shiftKey?: boolean, altKey?: boolean, ctrlKey?: boolean, metaKey?: boolean,
 *   isComposing?: boolean, keyCode?: number }} pressed
 * @param {{ isTouch: boolean, isEmpty: boolean, isBlocked: boolean, isAnswering: boolean }} page
 * @returns {"compose" | "line" | "nothing" | "blocked" | "queue" | "send" | null}
 */
export function enterMeans(pressed, page) {
  if (pressed.key !== "Enter") return null;
  if (isInputMethods(pressed)) return "compose";
  if (pressed.shiftKey || pressed.altKey) return "line";
  if (page.isTouch && !(pressed.ctrlKey || pressed.metaKey)) return "line";
  if (page.isEmpty) return "nothing";
  if (page.isBlocked) return "blocked";
  return page.isAnswering ? "queue" : "send";
}

/**
 * What a click on Send means. `isTrusted`: by a hand, and not by Enter; `detail`: which of several quick ones. Pure.
 * @param {{ isTrusted: boolean, detail?: number }} click
 * @param {{ isEmpty: boolean, isBlocked: boolean, isAnswering: boolean, isJustOver: boolean }} page
 * @returns {"nothing" | "blocked" | "late" | "queue" | "send"}
 */
export function clickMeans({ isTrusted, detail = 1 }, page) {
  if (page.isEmpty) return "nothing";
  if (page.isBlocked) return "blocked";
  if (page.isAnswering) return "queue";
  // It was meant for Stop, whose place Send has just taken.
  return isTrusted && (page.isJustOver || detail > 1) ? "late" : "send";
}

/**
 * To be called before others listen to what is sent.
 * @param {import("../answering.js").Answering} answering
 * @param {import("./queue.js").Queue} queue
 */
export function hearSending(answering, queue) {
  const isBusy = () => answering.look() || isSending();
  const page = () => ({ isTouch: isTouch(), isEmpty: isEmpty(), isBlocked: isBlocked(), isAnswering: isBusy() });
  document.addEventListener("keydown", (event) => {
    if (event.target !== messageBox()) return;
    const meant = enterMeans(event, page());
    if (meant === null || meant === "compose" || meant === "line") return;
    event.preventDefault();
    if (meant === "send") press();
    else if (meant === "queue") queue.take();
    else if (meant === "blocked") pointAtFault();
  }, true);
  document.addEventListener("keypress", (event) => {
    if (event.key === "Enter" && event.target === messageBox()) event.stopPropagation();
  }, true);
  document.addEventListener("input", (event) => event.target === messageBox() && event.isTrusted && answering.goOn(), true);
  document.addEventListener("click", (event) => {
    if (closest(event, "#message .stop-button")) {
      if (event.isTrusted && queue.hasJustSent()) pass(event); // it was meant for the answer before
      else {
        queue.stopped();
        answering.stop();
      }
    }
    if (!closest(event, "#message .submit-button")) return;
    const meant = clickMeans(event, { ...page(), isJustOver: answering.isJustOver() });
    if (meant === "send") return;
    pass(event);
    if (meant === "queue") queue.take();
    else if (meant === "blocked") pointAtFault();
  }, true);
}

/** Send is pressed, which may not know yet that there is something to send. */
function press() {
  const send = find("#message .submit-button", HTMLButtonElement);
  if (!send) return;
  send.disabled = false;
  send.click();
}

/** Nobody else hears of it. @param {Event} event */
function pass(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** The sentence that says why nothing is sent moves, and is read once more. */
function pointAtFault() {
  const fault = find("#strip .refused", HTMLElement);
  if (!fault) return;
  fault.classList.remove("pointed-at");
  void fault.offsetWidth; // or the animation would not begin anew
  fault.classList.add("pointed-at");
}
