// The line at the page's top, and the rows of the chats' sidebar: buttons that stand for components which are not seen.

import { writeClipboard } from "../devices/clipboard.js";
import { closest, find, findAll } from "../dom.js";
import { closeDialog, openDialog } from "./dialogs.js";
import { toggleSidebar } from "./sidebars.js";
import { toast } from "./toast.js";

/** @type {Record<string, () => void>} */
const ACTS = {
  chats: () => toggleSidebar("shelf"),
  settings: () => toggleSidebar("panel"),
  new: () => press("new-chat"),
  private: () => find("#private input", HTMLElement)?.click(),
  model: () => openDialog("model-dialog"),
  shortcuts: () => openDialog("shortcuts"),
  import: () => find("#import", HTMLElement)?.click(),
  upload: () => find("#message input[type=file]", HTMLElement)?.click(),
  url: () => openDialog("url-dialog"),
  camera: () => openDialog("camera-dialog"),
};

/** From now on. */
export function hearHeader() {
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-act], [data-press]");
    for (const menu of findAll("details.menu[open]")) if (button || !isWithin(menu, event)) menu.removeAttribute("open");
    if (closest(event, "#picture-add")) closeDialog();
    if (!(button instanceof HTMLElement)) return;
    const { act, press: id, tab } = button.dataset;
    if (tab) return; // the settings lead there
    if (id) press(id);
    else if (act) ACTS[act]?.();
  });
  addEventListener("link", (event) => {
    if (!(event instanceof CustomEvent) || !event.detail) return;
    writeClipboard(event.detail);
    toast("Link copied");
  });
  setInterval(reflect, 250);
}

/** @param {Element} menu @param {Event} event */
const isWithin = (menu, event) => event.target instanceof Node && menu.contains(event.target);

/** @param {string} id of a component's button */
const press = (id) => find(`#${id}`, HTMLElement)?.click();

/** What the buttons stand for, told by them. */
function reflect() {
  const isPrivate = find("#private input", HTMLInputElement)?.checked ?? false;
  find('[data-act="private"]', HTMLElement)?.setAttribute("aria-pressed", String(isPrivate));
  document.body.classList.toggle("temporary", isPrivate);
}
