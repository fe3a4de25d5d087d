// A picture of the screen, of a window or of a tab, which the person chooses in the browser's own dialog.

import { end, frameOf } from "./pictures.js";

/** Whether the browser can: none on a phone does. */
export const canCapture = () => typeof navigator.mediaDevices?.getDisplayMedia === "function";

/**
 * Null where the person chose none.
 * @returns {Promise<File | null>}
 */
export async function capture() {
  const stream = await chosen();
  if (!stream) return null;
  try {
    const video = document.createElement("video");
    Object.assign(video, { muted: true, srcObject: stream });
    await video.play();
    return await frameOf(video, "screenshot.png");
  } finally {
    end(stream);
  }
}

async function chosen() {
  try {
    return await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false });
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") return null;
    throw error;
  }
}
