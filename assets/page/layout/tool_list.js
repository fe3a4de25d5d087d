// The tools of servers in the settings: a fold for each server, a switch for each tool, and a search where there are many.
// The names of those that are on stand in a hidden field; what the list shows comes from the server (ui/render/tool_list.py).

import { closest, find } from "../dom.js";
import { morph } from "../transcript/morph.js";
import texts from "../texts.js";

const LOOK = 2000; // milliseconds from one question to the next whether the list has changed, while it is seen

/**
 * The names in a text of JSON; none where it is something else. Pure.
 * @param {unknown} text
 * @returns {string[]}
 */
export function namesIn(text) {
  try {
    const found = JSON.parse(String(text || "[]"));
    return Array.isArray(found) ? found.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

/** Whether a tool is one that is looked for, by its name and what it is for. Pure. @param {string} words @param {string} sought */
export const isSought = (words, sought) =>
  sought.toLowerCase().split(/\s+/).every((word) => words.toLowerCase().includes(word));

export class ToolList {
  constructor() {
    /** @type {Set<string>} */
    this.on = new Set();
    /** @type {(event: string, told?: unknown) => void} */
    this.trigger = () => {};
  }

  /** @param {{ place: Element, shown: string, trigger: ToolList["trigger"] }} told */
  draw({ place, shown, trigger }) {
    this.trigger = trigger;
    morph(place, typeof shown === "string" ? shown : "");
    this.reflect();
    this.search();
  }

  /** From now on. */
  watch() {
    addEventListener("tools-on", (event) => {
      this.on = new Set(namesIn(event instanceof CustomEvent ? event.detail : ""));
      this.reflect();
    });
    document.addEventListener("change", (event) => this.turn(closest(event, "#tool-list input[type=checkbox]")));
    document.addEventListener("input", (event) => closest(event, "#tool-list input[type=search]") && this.search());
    setInterval(() => this.look(), LOOK);
  }

  /** Asks whether the list has changed. */
  look() {
    const list = find("#tool-list [data-version]", HTMLElement);
    if (list && !document.hidden && list.getClientRects().length) this.trigger("select", { index: list.dataset.version });
  }

  /** One is turned on or off, or all of a server. @param {Element | null} pressed */
  turn(pressed) {
    if (!(pressed instanceof HTMLInputElement)) return;
    const server = pressed.closest(".server");
    const turned = "all" in pressed.dataset && server ? boxes(server) : [pressed];
    for (const box of turned) pressed.checked ? this.on.add(box.value) : this.on.delete(box.value);
    const list = find("#tool-list", HTMLElement);
    if (list) list.dataset.chosen = JSON.stringify([...this.on]);
    this.reflect();
    this.trigger("submit");
  }

  /** The switches and the counts as they are. */
  reflect() {
    for (const server of servers()) {
      const all = boxes(server);
      for (const box of all) box.checked = this.on.has(box.value);
      const count = all.filter((box) => box.checked).length;
      const every = server.querySelector("[data-all]");
      if (every instanceof HTMLInputElement) {
        every.checked = count > 0 && count === all.length;
        every.indeterminate = count > 0 && count < all.length;
      }
      const told = server.querySelector("summary small");
      if (told && count) told.textContent = texts.panel.server_on.replace("{on}", String(count)).replace("{count}", String(all.length));
      else if (told && all.length) told.textContent = counted(all.length);
    }
  }

  /** Only what is looked for is seen, and what holds it is unfolded. */
  search() {
    const field = find("#tool-list input[type=search]", HTMLInputElement);
    const sought = field?.value.trim() ?? "";
    let found = 0;
    for (const server of servers()) {
      let here = 0;
      for (const box of boxes(server)) {
        const label = box.closest("label");
        const fits = isSought(label?.textContent ?? "", sought);
        if (label) label.hidden = !fits;
        here += Number(fits);
      }
      const every = server.querySelector(".all");
      if (every instanceof HTMLElement) every.hidden = sought !== "";
      if (server instanceof HTMLDetailsElement && sought) server.open = here > 0;
      if (server instanceof HTMLElement) server.hidden = sought !== "" && !here;
      found += here;
    }
    field?.setCustomValidity(sought && !found ? texts.panel.no_tool_found : "");
    field?.reportValidity();
  }
}

const servers = () => [...document.querySelectorAll("#tool-list .server")];

/** Of its tools. @param {Element} server */
const boxes = (server) =>
  [...server.querySelectorAll("input[value]")].filter((box) => box instanceof HTMLInputElement && !("all" in box.dataset))
    .map((box) => /** @type {HTMLInputElement} */ (box));

/** @param {number} count */
const counted = (count) =>
  count === 1 ? texts.panel.server_one : texts.panel.server_tools.replace("{count}", String(count));
