// Files that are pasted. Gradio takes those that the browser says are pictures, and passes over a HEIC photo, say, in
// silence. So others go the way of files that are picked: the server looks at what is in them.

import { closest, find } from "./dom.js";

/**
 * Whether Gradio would take them all. Pure.
 * @param {Iterable<{ type: string }>} files
 */
export const areAllPictures = (files) => [...files].every((file) => file.type.startsWith("image/"));

export function takePastedFiles() {
  document.addEventListener("paste", (event) => {
    const input = closest(event, "#message") && find("#message input[type=file]", HTMLInputElement);
    const files = event.clipboardData?.files;
    if (!input || !files || areAllPictures(files)) return;
    event.preventDefault();
    event.stopPropagation();
    input.files = files;
    input.dispatchEvent(new Event("change"));
  }, true);
}
