// The card of a call that waits for a person (ui/render/approval.py): it takes the focus, and sends what they decide.

import { closest, findAll, isInputMethods, messageBox } from "../dom.js";
import texts from "../texts.js";

const BUSY = 4000; // milliseconds in which a second press is taken for the same one
const STILL = 1500; // milliseconds after the last key in which somebody is typing

/** @typedef {"once" | "always" | "deny" | "result" | "error"} Verdict */

/**
 * What is wrong with what was decided, or "" where nothing is.
 * @param {string} verdict
 * @param {string} text
 * @param {boolean} [isQuestion] a question of the model's is answered
 */
export function problemOf(verdict, text, isQuestion = false) {
  if (verdict === "result" && !text.trim()) return isQuestion ? texts.tools.no_answer : texts.tools.no_result;
  if (verdict !== "once" && verdict !== "always") return "";
  try {
    JSON.parse(text.trim() || "{}");
    return "";
  } catch {
    return texts.tools.not_json;
  }
}

export class Approvals {
  /** @param {import("../commands.js").Commands} commands */
  constructor(commands) {
    this.commands = commands;
    /** @type {WeakSet<Element>} */
    this.seen = new WeakSet();
    this.typed = -Infinity;
  }

  /** From now on. */
  watch() {
    document.addEventListener("click", (event) => {
      const button = closest(event, ".ask button.verdict");
      if (button instanceof HTMLButtonElement) this.decide(button, button.value);
      const why = closest(event, ".ask button.why");
      if (why) askWhy(why);
    });
    document.addEventListener("keydown", (event) => {
      if (event.target === messageBox() && event.key !== "Enter") this.typed = performance.now();
      const field = event.target;
      if (event.key !== "Enter" || isInputMethods(event) || !(field instanceof HTMLElement)) return;
      const isWhole = field.matches(".ask input[name=result]") || event.ctrlKey || event.metaKey;
      const verdict = field.matches(".ask [name=reason]") ? "deny" : "result";
      if (verdict === "result" && !(isWhole && field.matches(".ask [name=result]"))) return;
      event.preventDefault(); // the message box has the focus next, and would take this key as a new line, or send
      this.decide(field, verdict);
    });
  }

  /** A card that has just come is shown to whoever is not busy elsewhere: the conversation was drawn anew. */
  look() {
    for (const card of findAll("#conversation .ask")) {
      if (this.seen.has(card)) continue;
      this.seen.add(card);
      if (!(card instanceof HTMLElement) || this.isBusyElsewhere()) continue;
      // Where there are answers to choose from, no keyboard of a phone comes up over them.
      const field = card.querySelector(".options") ? null : card.querySelector("[name=result]");
      (field instanceof HTMLElement ? field : card).focus({ preventScroll: true });
      card.scrollIntoView({ block: "nearest" });
    }
  }

  /** Whether the focus must stay where it is. */
  isBusyElsewhere() {
    const box = messageBox();
    const at = document.activeElement;
    if (at && at !== document.body && at !== box && !at.closest("#conversation, #message")) return true;
    return Boolean(box?.value.trim()) || performance.now() - this.typed < STILL;
  }

  /**
   * @param {Element} from
   * @param {string} verdict
   */
  decide(from, verdict) {
    const card = from.closest(".ask");
    if (!(card instanceof HTMLElement) || card.matches(".busy")) return;
    const chosen = from instanceof HTMLElement ? from.dataset.answer : undefined;
    const text = chosen ?? fieldOf(card, verdict)?.value ?? "";
    const problem = problemOf(verdict, text, card.matches(".asks"));
    const told = card.querySelector(".warning[role=alert]");
    if (told instanceof HTMLElement) Object.assign(told, { hidden: !problem, textContent: problem });
    if (problem) return fieldOf(card, verdict)?.focus();
    card.classList.add("busy");
    setTimeout(() => card.classList.remove("busy"), BUSY); // it is there still where the server refused it
    this.commands.answerCall(card.dataset.call ?? "", verdict, text);
    if (!matchMedia("(hover: none)").matches) messageBox()?.focus(); // what had the focus is about to go
  }
}

/** Shows or hides the field for a reason. @param {Element} button */
function askWhy(button) {
  const row = button.closest(".ask")?.querySelector(".reason");
  if (!(row instanceof HTMLElement)) return;
  row.hidden = !row.hidden;
  button.setAttribute("aria-expanded", String(!row.hidden));
  if (!row.hidden) row.querySelector("input")?.focus();
}

/**
 * Where what goes with the verdict is written: the arguments, the result, or the reason.
 * @param {Element} card
 * @param {string} verdict
 */
function fieldOf(card, verdict) {
  const name = { once: "arguments", always: "arguments", deny: "reason" }[verdict] ?? "result";
  const field = card.querySelector(`[name=${name}]`);
  return field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement ? field : null;
}
