// Choosing a part of an image: a rectangle that is drawn by mouse, finger or keys. The part comes into the message box.

import texts from "../texts.js";
import { closest, element } from "../dom.js";
import { closeTopmost, lay } from "../layout/dialogs.js";
import { between, moved, quarters, sized, WHOLE } from "./region.js";

/** @typedef {import("./region.js").Region} Region */
/** @typedef {{ path: string, src: string }} Shown the path of an image's file, and where the page finds it */

const STEP = 20; // thousandths by which a key moves the part
const START = { left: 250, top: 250, right: 750, bottom: 750 };
const KEYS = new Map([["ArrowLeft", [-1, 0]], ["ArrowRight", [1, 0]], ["ArrowUp", [0, -1]], ["ArrowDown", [0, 1]]]);
const FILE = "gradio_api/file=";

/** @param {import("../commands.js").Commands} commands */
export function hearRegions(commands) {
  document.addEventListener("click", (event) => {
    const button = closest(event, '[data-act="part"]');
    const shown = boxed(event) ?? enlarged(event);
    if (!button || !shown) return;
    const menu = button.closest("[popover]");
    if (menu instanceof HTMLElement) menu.hidePopover();
    else closeTopmost(); // the image that lies over the page
    select(shown, (regions) => commands.addParts(shown.path, regions.map(({ left, top, right, bottom }) => [left, top, right, bottom])));
  }, true);
}

/** @param {Event} event @returns {Shown | null} */
function boxed(event) {
  const item = closest(event, "#strip li");
  const image = item?.querySelector("img");
  return item instanceof HTMLElement && image ? { path: item.dataset.path ?? "", src: image.src } : null;
}

/** @param {Event} event @returns {Shown | null} */
function enlarged(event) {
  const image = closest(event, ".enlarged")?.querySelector("img");
  const [, path] = image?.src.split(FILE) ?? [];
  return image && path ? { path: decodeURIComponent(path), src: image.src } : null;
}

/**
 * Opens the dialog.
 * @param {Shown} shown
 * @param {(regions: Region[]) => void} chosen
 */
function select({ src }, chosen) {
  const dialog = element("div", { className: "dialog open regions" }, { "aria-label": texts.regions.dialog });
  const field = element("div", { className: "field" });
  const area = element("div", { className: "area", tabIndex: 0 }, { role: "application" });
  const corners = ["tl", "tr", "bl", "br"].map((corner) => element("span", { className: corner }, { "data-corner": corner }));
  area.append(...corners);
  const picture = element("div", { className: "picture" });
  const shade = element("div", { className: "shade" });
  picture.append(element("img", { src, alt: "", draggable: false }), shade);
  field.append(picture, area);
  const chooser = new Chooser(field, area, shade);
  const buttons = element("div", { className: "ways" });
  const add = press(texts.regions.add, () => finish([chooser.region]));
  add.className = "sure";
  buttons.append(press(texts.regions.cancel, closeTopmost), press(texts.regions.split, () => finish(quarters())), add);
  const told = element("p", { textContent: `${texts.regions.hint} ` });
  told.append(element("span", { className: "keys", textContent: texts.regions.keys }));
  dialog.append(field, told, buttons);
  document.body.append(dialog);
  lay(dialog, () => dialog.remove());
  area.focus({ preventScroll: true });

  /** @param {Region[]} regions */
  function finish(regions) {
    closeTopmost();
    chosen(regions);
  }
}

/** @param {string} textContent @param {() => void} pressed */
function press(textContent, pressed) {
  const button = element("button", { type: "button", textContent });
  button.addEventListener("click", () => pressed());
  return button;
}

class Chooser {
  /**
   * @param {HTMLElement} field in which the image stands
   * @param {HTMLElement} area the rectangle
   * @param {HTMLElement} shade over what is not in it
   */
  constructor(field, area, shade) {
    this.field = field;
    this.area = area;
    this.shade = shade;
    this.region = START;
    this.isChosen = false; // until then the rectangle is but an example, and what is drawn in it another
    this.draw();
    field.addEventListener("pointerdown", (event) => this.begin(event));
    area.addEventListener("keydown", (event) => this.key(event));
  }

  draw() {
    const { left, top, right, bottom } = this.region;
    for (const { style } of [this.area, this.shade])
      Object.assign(style, { left: `${left / 10}%`, top: `${top / 10}%`, width: `${(right - left) / 10}%`, height: `${(bottom - top) / 10}%` });
    const sides = Object.entries(this.region).reduce((text, [name, side]) => text.replace(`{${name}}`, `${Math.round(side / 10)}`), texts.regions.sides);
    this.area.setAttribute("aria-label", `${texts.regions.area}: ${sides}`);
  }

  /** Where a pointer is, in thousandths. @param {PointerEvent} event */
  point(event) {
    const { left, top, width, height } = this.field.getBoundingClientRect();
    return { x: ((event.clientX - left) / width) * WHOLE, y: ((event.clientY - top) / height) * WHOLE };
  }

  /** Draws a new rectangle, or moves or resizes the one that there is, until the pointer is up. @param {PointerEvent} event */
  begin(event) {
    if (event.button !== 0) return;
    event.preventDefault(); // else text would be selected
    this.area.focus({ preventScroll: true });
    const [start, before, target] = [this.point(event), this.region, event.target];
    const corner = target instanceof HTMLElement ? target.dataset.corner : undefined;
    const isInside = target === this.area && this.isChosen;
    this.isChosen = true;
    const drag = (/** @type {PointerEvent} */ now) => {
      const at = this.point(now);
      const [x, y] = [at.x - start.x, at.y - start.y];
      this.region = corner ? sized(before, corner, x, y) : isInside ? moved(before, x, y) : between(start, at);
      this.draw();
    };
    const end = new AbortController();
    const { signal } = end;
    this.field.setPointerCapture(event.pointerId);
    this.field.addEventListener("pointermove", drag, { signal });
    for (const name of ["pointerup", "pointercancel"]) this.field.addEventListener(name, () => end.abort(), { signal });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const [x = 0, y = 0] = KEYS.get(event.key) ?? [];
    if (!x && !y) return;
    event.preventDefault();
    this.isChosen = true;
    this.region = event.shiftKey ? sized(this.region, "br", x * STEP, y * STEP) : moved(this.region, x * STEP, y * STEP);
    this.draw();
  }
}
