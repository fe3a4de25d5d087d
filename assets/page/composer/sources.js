// The menu of where an image may come from: what needs more than a press.

import texts from "../texts.js";
import { closest, element, find, findAll } from "../dom.js";
import { watchCamera } from "../devices/camera.js";
import { canCapture, capture } from "../devices/screen.js";
import { isTouch } from "./box.js";
import { addFiles } from "./files.js";
import { notice } from "./notices.js";

/** @param {import("../commands.js").Commands} commands */
export function hearSources(commands) {
  watchCamera((photo) => addFiles([photo]));
  document.addEventListener("click", (event) => {
    if (closest(event, '[data-act="screen"]')) captureScreen();
    if (closest(event, '[data-act="edited"]')) showEdited();
    if (!closest(event, '[data-act="camera"]') || !isTouch()) return;
    event.stopPropagation(); // a phone has a camera of its own
    for (const menu of findAll("#add details")) menu.removeAttribute("open");
    photograph();
  }, true);
  document.addEventListener("submit", (event) => {
    if (!closest(event, "#url-form")) return;
    event.preventDefault();
    const field = find("#picture-url", HTMLInputElement);
    if (!field?.value.trim()) return;
    setBusy(true);
    commands.addUrl(field.value.trim());
  });
  const hiding = setInterval(() => {
    const entry = find('[data-act="screen"]', HTMLElement);
    if (!entry) return;
    entry.hidden = !canCapture();
    clearInterval(hiding);
  }, 100);
}

async function captureScreen() {
  try {
    const picture = await capture();
    if (picture) await addFiles([picture]);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    notice(texts.composer.screen_failed);
  }
}

function photograph() {
  const input = element("input", { type: "file", accept: "image/*" }, { capture: "environment" });
  input.addEventListener("change", () => input.files && addFiles(input.files));
  input.click();
}

/** The message that is being edited comes into view: the transcript marks it. */
function showEdited() {
  const index = JSON.parse(find("#place textarea", HTMLTextAreaElement)?.value || "{}").editing;
  findAll("#conversation .entry")[index]?.scrollIntoView({ block: "center" });
}

/** An image is being fetched by its address. @param {boolean} isBusy */
export const setBusy = (isBusy) => find("#composer", HTMLElement)?.classList.toggle("adding", isBusy);

/** The server has put the image at this address into the box. @param {string} address */
export function added(address) {
  setBusy(false);
  const field = find("#picture-url", HTMLInputElement);
  if (field?.value.trim() === address) field.value = "";
}
