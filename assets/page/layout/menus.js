// The menus: one is open at a time; a choice, Escape, a click elsewhere and Tab beyond its end close it.

import { closest, findAll } from "../dom.js";

const FIXED = "#header, #shelf, .transcript"; // whose menus would be cut off by what they stand in
const EDGE = 8; // pixels between a menu and the window's edge

/** @returns {HTMLDetailsElement[]} */
const open = () => findAll("details.menu[open]").filter((menu) => menu instanceof HTMLDetailsElement);

/** Closes the one that is open, and gives its button the focus. Whether there was one. */
export function closeMenus() {
  const menus = open();
  for (const menu of menus) {
    const isWithin = menu.contains(document.activeElement);
    menu.open = false;
    if (isWithin) menu.querySelector("summary")?.focus();
  }
  return menus.length > 0;
}

/** From now on. */
export function watchMenus() {
  document.addEventListener("click", (event) => {
    const chosen = closest(event, ".menu button");
    for (const menu of open()) if (chosen || !(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
    if (chosen instanceof HTMLElement) chosen.closest(".menu")?.querySelector("summary")?.focus({ preventScroll: true });
  }, true);
  document.addEventListener("focusin", (event) => {
    for (const menu of open()) if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLDetailsElement) || !menu.open || !menu.matches(".menu")) return;
    for (const other of open()) if (other !== menu) other.open = false;
    if (menu.closest(FIXED)) place(menu);
  }, true);
  for (const moved of ["resize", "scroll"]) addEventListener(moved, () => open().forEach((menu) => menu.closest(FIXED) && place(menu)), true);
}

/** Below its button, or above it where there is no room. @param {HTMLDetailsElement} menu */
function place(menu) {
  const box = menu.querySelector("div");
  const button = menu.querySelector("summary")?.getBoundingClientRect();
  if (!box || !button) return;
  const { offsetWidth: width, offsetHeight: height } = box;
  const isBelow = button.bottom + height + EDGE < innerHeight;
  const wanted = menu.closest(".transcript") ? button.left : button.right - width;
  const left = Math.max(EDGE, Math.min(wanted, innerWidth - width - EDGE));
  Object.assign(box.style, { left: `${left}px`, top: `${isBelow ? button.bottom + 2 : Math.max(EDGE, button.top - height - 2)}px` });
}
