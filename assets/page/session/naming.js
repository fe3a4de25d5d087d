// What the server calls its session of this page, as long as nothing of that is kept: it stands beside the pictures in the
// message box, which are found by it after a reload.

import { find } from "../dom.js";

const STEP = 250; // milliseconds between two looks

/** @param {(page: string) => void} named called with each name that is new */
export function watchName(named) {
  let last = "";
  const look = () => {
    const page = find("#strip .drafts", HTMLElement)?.dataset.page ?? "";
    if (page === last) return;
    last = page;
    if (page) named(page);
  };
  setInterval(look, STEP);
  addEventListener("pagehide", look);
}
