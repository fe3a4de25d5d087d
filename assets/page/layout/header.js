// The line at the page's top, and the buttons of the chats' side: some stand for components which are not seen.

import { writeClipboard } from "../devices/clipboard.js";
import { closest, find, findAll, messageBox } from "../dom.js";
import texts from "../texts.js";
import { closeTopmost, openDialog } from "./dialogs.js";
import { showKeys } from "./keys.js";
import { openSection } from "./settings.js";
import { openSidebar, reflectSidebars, toggleSidebar } from "./sidebars.js";
import { toast } from "./toast.js";

/** @type {Record<string, () => void>} */
const ACTS = {
  shelf: () => toggleSidebar("shelf"),
  panel: () => toggleSidebar("panel"),
  settings: () => openSidebar("panel"),
  new: beginChat,
  private: () => find("#private input", HTMLElement)?.click(),
  model: () => openDialog("model-dialog"),
  tools: () => openDialog("tools-dialog"),
  compare: () => press("compare-open"),
  code: () => dispatchEvent(new Event("code-open")),
  batch: () => dispatchEvent(new Event("batch-open")),
  shortcuts: showKeys,
  import: () => find("#import", HTMLElement)?.click(),
  upload: () => find("#message input[type=file]", HTMLElement)?.click(),
  url: () => openDialog("url-dialog"),
  camera: () => openDialog("camera-dialog"),
};

/** From now on. */
export function hearHeader() {
  const logout = find("#logout", HTMLElement); // Gradio says in the document who has logged in, if anybody has
  if (logout) logout.hidden = !(/** @type {any} */ (window).gradio_config?.username);
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-act], [data-press]");
    if (closest(event, "#picture-add")) closeTopmost();
    if (!(button instanceof HTMLElement)) return;
    const { act, press: id, tab } = button.dataset;
    if (tab) openSection(tab);
    else if (id) press(id);
    else if (act) ACTS[act]?.();
  });
  addEventListener("link", (event) => {
    if (!(event instanceof CustomEvent) || !event.detail) return;
    writeClipboard(event.detail);
    toast(texts.header.copied);
  });
  setInterval(reflect, 250);
}

/** Begins a new chat, and goes to the box, if that opens no keyboard on the screen. */
export function beginChat() {
  press("new-chat");
  if (matchMedia("(hover: hover)").matches) messageBox()?.focus();
}

/** @param {string} id of a component's button */
const press = (id) => find(`#${id}`, HTMLElement)?.click();

/** What the buttons stand for, told by them. */
function reflect() {
  reflectSidebars();
  const isPrivate = find("#private input", HTMLInputElement)?.checked ?? false;
  for (const button of findAll('[data-act="private"]')) button.setAttribute("aria-pressed", String(isPrivate));
  document.body.classList.toggle("temporary", isPrivate);
}
