// Files on their way into the box, whichever way they came. Gradio's own field takes them; how many and how large they may
// be is looked at before, so that one that is too much keeps none of the others out.

import texts from "../texts.js";
import { closest, find, findAll } from "../dom.js";
import { isUploading } from "./box.js";
import { limits } from "./limits.js";
import { notice } from "./notices.js";

const STEP = 50; // milliseconds between two looks
const START = 1000; // milliseconds within which an upload begins

/**
 * Which of these files are handed on, and what is said of the others. Pure.
 * @template {{ name: string, size: number }} F
 * @param {readonly F[]} files
 * @param {number} held how many the box has already
 * @param {{ images: number, mb: number }} most of a message, and of an image
 * @returns {{ taken: F[], notices: string[] }}
 */
export function sorted(files, held, most) {
  const fitting = files.filter(({ size }) => size <= most.mb * 1_000_000);
  const notices = files.filter((file) => !fitting.includes(file)).map(({ name }) =>
    texts.composer.too_large.replace("{name}", () => name).replace("{limit}", `${most.mb}`));
  const room = Math.max(0, most.images - held);
  const excess = fitting.length - room;
  if (excess > 0) notices.push(texts.composer.left_out.replace("{most}", `${most.images}`).replace("{excess}", `${excess}`));
  return { taken: fitting.slice(0, room), notices };
}

let isHanding = false;
let uploading = ""; // the first file that is on its way to the box
/** @type {Promise<void>} */
let last = Promise.resolve();

/** The file whose upload to the box failed, if it was one to the box. */
export const uploadForBox = () => uploading;

/** @param {Iterable<File>} files */
export function addFiles(files) {
  const given = [...files];
  last = last.then(() => hand(given), () => hand(given)); // two uploads at once: Gradio would wait for the second alone
  return last;
}

/** @param {File[]} files */
async function hand(files) {
  const held = findAll("#message .thumbnail-item").length;
  const { taken, notices } = sorted(files, held, limits());
  notices.forEach(notice);
  const input = find("#message input[type=file]", HTMLInputElement);
  if (!taken.length || !input) return;
  const transfer = new DataTransfer();
  for (const file of taken) transfer.items.add(file);
  input.files = transfer.files;
  isHanding = true;
  uploading = taken[0]?.name ?? "";
  input.dispatchEvent(new Event("change"));
  isHanding = false;
  for (let waited = 0; waited < START && !isUploading() && findAll("#message .thumbnail-item").length === held; waited += STEP) await pause();
  while (isUploading()) await pause();
  setTimeout(() => (uploading = ""), START); // the toast of one that failed comes a moment later
}

const pause = () => new Promise((done) => setTimeout(done, STEP));

/** Files that are picked take the same way. */
export function takePickedFiles() {
  document.addEventListener("change", (event) => {
    const input = closest(event, "#message input[type=file]");
    if (isHanding || !(input instanceof HTMLInputElement) || !input.files) return;
    event.stopPropagation();
    addFiles(input.files);
  }, true);
}
