// The camera's dialog: what it sees, and a button that takes a photo. It is on for as long as the dialog is open.

import texts from "../texts.js";
import { find } from "../dom.js";
import { end, frameOf, hasFrame } from "./pictures.js";

/**
 * Why the camera does not start, in a sentence. Pure.
 * @param {string} name of what the browser threw, see https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
 * @param {boolean} isFramed
 */
export function reason(name, isFramed) {
  if (name === "NotAllowedError") return isFramed ? texts.composer.camera_framed : texts.composer.camera_refused;
  return name === "NotFoundError" || name === "OverconstrainedError" ? texts.composer.camera_absent : texts.composer.camera_taken;
}

/** @param {(photo: File) => void} taken */
export function watchCamera(taken) {
  /** @type {MediaStream | null} */
  let stream = null;
  let isOpen = false;
  const look = async () => {
    const dialog = find("#camera-dialog", HTMLElement);
    const isShown = dialog?.classList.contains("open") ?? false;
    if (isShown === isOpen) return;
    isOpen = isShown;
    if (!isOpen) return close();
    say("");
    const started = await start();
    if (!isOpen) return end(started);
    stream = started;
    if (started) await show(started);
  };
  const show = async (/** @type {MediaStream} */ started) => {
    const video = find("#camera-dialog video", HTMLVideoElement);
    if (!video) return;
    video.srcObject = started;
    const isThere = await hasFrame(video);
    if (stream !== started) return; // closed meanwhile
    if (isThere) allow(true);
    else say(texts.composer.camera_taken);
  };
  const close = () => {
    end(stream);
    stream = null;
    const video = find("#camera-dialog video", HTMLVideoElement);
    if (video) video.srcObject = null;
    allow(false);
  };
  setInterval(look, 100);
  document.addEventListener("click", async (event) => {
    const video = find("#camera-dialog video", HTMLVideoElement);
    if (!(event.target instanceof Element) || !event.target.closest("#take-photo") || !video || !stream) return;
    const photo = await frameOf(video, "photo.png");
    if (photo) taken(photo);
    find("#camera-dialog [data-close]", HTMLElement)?.click();
  });
}

async function start() {
  if (!navigator.mediaDevices) return say(texts.composer.camera_insecure);
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return say(reason(error.name, window.parent !== window));
  }
}

/** Whether a photo can be taken. @param {boolean} isReady */
function allow(isReady) {
  const button = find("#take-photo", HTMLButtonElement);
  if (button) button.disabled = !isReady;
}

/** @param {string} sentence */
function say(sentence) {
  const place = find("#camera-note", HTMLElement);
  if (place) place.textContent = sentence;
  return null;
}
