// What a batch's view shows around its rows.

import { element, find, findAll } from "../dom.js";
import texts from "../texts.js";

/** @param {HTMLElement | null} place @param {string} html of the server's */
export const draw = (place, html) => place && (place.innerHTML = html);

/** @param {string} sentence */
export const note = (sentence) => find("#batch-notices", HTMLElement)?.append(element("li", { textContent: sentence }));

/** Expected values come from a file too. */
export function chooseText() {
  const input = element("input", { type: "file", accept: ".csv,text/csv" });
  input.addEventListener("change", async () => {
    const field = find("#batch-expected", HTMLTextAreaElement);
    const [file] = input.files ?? [];
    if (!field || !file) return;
    field.value = await file.text();
    find('[data-batch="expect"]', HTMLElement)?.click();
  });
  input.click();
}

/** What stands around the rows. @param {import("./batch.js").Told} told */
export function tell({ state, total = 0, done = 0, bad = 0, told = "", score = "" }) {
  const body = find("#batch-body", HTMLElement);
  if (body) body.dataset.state = state;
  /** @type {Record<string, string>} */
  const states = { setup: texts.batch.state_setup, running: texts.batch.state_running, paused: texts.batch.state_paused, done: texts.batch.state_done };
  const words = (states[state] ?? "").replace("{done}", `${done}`).replace("{total}", `${total}`);
  const failed = bad ? texts.batch.bad.replace("{bad}", `${bad}`) : "";
  const status = find("#batch-state", HTMLElement);
  if (status) status.textContent = [words, failed, told].filter(Boolean).join(" · ");
  const bar = find("#batch-progress", HTMLProgressElement);
  if (bar) Object.assign(bar, { max: total || 1, value: done + bad });
  const said = find("#batch-score", HTMLElement);
  if (said) said.textContent = score;
  for (const line of findAll('[data-act="batch"]'))
    line.toggleAttribute("data-running", state === "running");
}
