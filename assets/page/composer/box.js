// The box in which messages are written: what stands in it, whether it can be sent, and what it says while it is empty.

import texts from "../texts.js";
import { closest, find, findAll, isThere, messageBox } from "../dom.js";

const TRIES = 50; // to have the focus in the box

/** Whether what is sent next replaces an earlier message. */
export const isEditing = () => isThere("#chips [value='unedit clear']");

/** Whether the keyboard is one on the screen, whose Enter breaks a line. */
export const isTouch = () => matchMedia("(pointer: coarse) and (hover: none)").matches;

/** Whether files are on their way into the box. */
export const isUploading = () => isThere("#message .loader");

/** Whether files are in the box, also those that the strip does not show yet. */
const hasFiles = () => isUploading() || isThere("#message .thumbnail-item");

/** Whether there is nothing to send. */
export const isEmpty = () => !messageBox()?.value.trim() && !hasFiles();

/** Whether something in the box keeps it from being sent, which the strip says. */
export const isBlocked = () => isThere("#strip .refused");

/** Whether the strip shows all files of the box. */
export const isSettled = () =>
  !isUploading() && findAll("#message .thumbnail-item").length === findAll("#strip :is(.drafts > li, .refused:not(.excess), .waits)").length;

/**
 * A file in the box: where the server has it, where the page finds a picture of it ("" for none), what goes of it in the
 * server's words (ui/attachments/choice.py), and whether it is an image.
 * @typedef {{ path: string, src: string, choice?: string, isImage?: boolean }} Boxed
 */

/** The files in the box. @returns {Boxed[]} */
export const boxedFiles = () =>
  findAll("#strip .drafts > li").flatMap((item) => {
    const shown = item.querySelector(".page [aria-pressed=true] img") ?? item.querySelector("img");
    const src = shown instanceof HTMLImageElement ? shown.src : "";
    if (!(item instanceof HTMLElement)) return [];
    return [{ path: item.dataset.path ?? "", src, choice: item.dataset.choice ?? "", isImage: item.matches(".image") }];
  });

/** Where the page finds the images that go with the message. */
export const sentImages = () =>
  findAll("#strip :is(.image .thumbnail, .page:has(.badge)) img").map((image) => (image instanceof HTMLImageElement ? image.src : ""));

/** @param {import("../commands.js").Commands} commands */
export function watchBox(commands) {
  let placeholder = ""; // of a new chat; the box may come after this script
  const look = () => {
    endEmptyEdit(commands);
    const send = find("#message .submit-button", HTMLButtonElement);
    const isNothing = isEmpty();
    if (send) {
      send.disabled = isNothing || isBlocked();
      name(send, isThere("#answering") ? texts.composer.queue : texts.composer.send);
    }
    name(find("#message .stop-button", HTMLButtonElement), texts.composer.stop);
    document.body.classList.toggle("nothing", isNothing);
    const box = messageBox();
    placeholder ||= box?.placeholder ?? "";
    const wanted = isThere("#conversation .entry") ? texts.composer.reply : placeholder;
    if (box && wanted && box.placeholder !== wanted) box.placeholder = wanted;
  };
  document.addEventListener("input", (event) => closest(event, "#message") && look());
  setInterval(look, 250); // the server fills and empties the box without an input
  document.addEventListener("click", (event) => {
    // Who stops by key would else be left nowhere, since the button goes.
    if (event.isTrusted && !event.detail && closest(event, "#message .stop-button")) messageBox()?.focus();
  });
  if (!isTouch()) focusOnce();
}

/** Whoever has a keyboard can write at once, if they do nothing else: the page may have yet to be seen. */
function focusOnce() {
  let tries = 0;
  const trying = setInterval(() => {
    tries += 1;
    if (document.activeElement === document.body || !document.activeElement) messageBox()?.focus();
    if (document.activeElement !== document.body || tries === TRIES) clearInterval(trying);
  }, 100);
}

/** @param {HTMLElement | null} button @param {string} label */
function name(button, label) {
  if (!button || button.title === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
}

/**
 * An edit whose box has been emptied is over: what is written next is a new message.
 * @param {import("../commands.js").Commands} commands
 */
function endEmptyEdit(commands) {
  if (isEditing() && !hasFiles() && messageBox()?.value === "") commands.endEdit();
}
