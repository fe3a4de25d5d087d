// The two sidebars: whether each is open is remembered; where one covers the whole page it closes once it led somewhere.

import { closest, find, findAll } from "../dom.js";

const NARROW = "(max-width: 768px)"; // as Gradio has it
const SIDES = ["shelf", "panel"];

/** @param {string} side @returns {HTMLElement | null} */
const sidebar = (side) => {
  const content = find(`#${side}`, HTMLElement);
  return content?.matches(".sidebar") ? content : (content?.closest(".sidebar") ?? null);
};

/** Opens or closes one, by Gradio's own button, which is not seen. @param {string} side */
export function toggleSidebar(side) {
  const button = sidebar(side)?.querySelector(".toggle-button");
  if (button instanceof HTMLElement) button.click();
}

/** @param {string} side */
export function openSidebar(side) {
  if (!isOpen(side)) toggleSidebar(side);
}

/** Whether it is open. @param {string} side */
const isOpen = (side) => sidebar(side)?.classList.contains("open") ?? false;

/** Opens those that were open, or the chats where there is room and nobody has closed them; and notes what is done. */
export function rememberSidebars() {
  if (!matchMedia(NARROW).matches)
    for (const side of SIDES) {
      const kept = localStorage.getItem(`sidebar-${side}`);
      const wanted = kept === null ? side === "shelf" && innerWidth > 1100 : kept === "open";
      if (wanted !== isOpen(side)) toggleSidebar(side);
    }
  setInterval(() => {
    if (matchMedia(NARROW).matches) return;
    for (const side of SIDES) localStorage.setItem(`sidebar-${side}`, isOpen(side) ? "open" : "closed");
  }, 1000);
}

/** Closes the sidebars that cover the page. Whether one was open. */
export function uncover() {
  if (!matchMedia(NARROW).matches) return false;
  const open = findAll(".sidebar.open > .toggle-button");
  for (const toggle of open) if (toggle instanceof HTMLElement) toggle.click();
  return open.length > 0;
}

export function uncoverAfterChoice() {
  document.addEventListener("click", (event) => {
    if (closest(event, '[data-act="new"], #compare-open')) uncover();
  });
}
