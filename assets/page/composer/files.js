// Files on their way into the box, whichever way they came. Gradio's own field takes them; how many and how large they may
// be is looked at before, so that one that is too much keeps none of the others out.

import texts from "../texts.js";
import { closest, find, findAll } from "../dom.js";
import { isUploading } from "./box.js";
import { notice } from "./notices.js";

const STEP = 50; // milliseconds between two looks
const START = 1000; // milliseconds within which an upload begins

/**
 * Which of these files are handed on, what is said of those that are too large, and the images that there is no room
 * for. What a file is the server finds by its content: here only its kind in the browser's words is known. Pure.
 * @template {{ name: string, size: number, type?: string }} F
 * @param {readonly F[]} files
 * @param {number} held how many images the box has already
 * @param {{ images: number, mb: number }} most of a message, and of a file
 * @returns {{ taken: F[], notices: string[], rest: F[] }}
 */
export function sorted(files, held, most) {
  const fitting = files.filter(({ size }) => size <= most.mb * 1_000_000);
  const notices = files.filter((file) => !fitting.includes(file)).map(({ name }) =>
    texts.composer.too_large.replace("{name}", () => name).replace("{limit}", `${most.mb}`));
  const rest = fitting.filter(isImage).slice(Math.max(0, most.images - held));
  return { taken: fitting.filter((file) => !rest.includes(file)), notices, rest };
}

/** @param {{ name: string, type?: string }} file */
const isImage = ({ name, type = "" }) => type.startsWith("image/") || /\.(hei[cf]|avif|jfif|tiff?)$/i.test(name);

/** How many images a message may have, and MB a file: the server, which refuses more, has written it beside the menu. */
export function limits() {
  const { mostImages = "Infinity", mostMb = "Infinity" } = find("#add [data-most-mb]", HTMLElement)?.dataset ?? {};
  return { images: Number(mostImages), mb: Number(mostMb) };
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
  const others = findAll("#strip :is(.drafts > li:not(.image), .refused:not(.excess), .waits)").length;
  const { taken, notices, rest } = sorted(files, Math.max(0, held - others), limits());
  for (const sentence of notices) notice(sentence);
  if (rest.length) offerLater(rest);
  const input = find("#message input[type=file]", HTMLInputElement);
  if (!taken.length || !input) return;
  const transfer = new DataTransfer();
  for (const file of taken) transfer.items.add(file);
  input.files = transfer.files;
  isHanding = true;
  uploading = taken[0]?.name ?? "";
  input.dispatchEvent(new Event("change"));
  input.value = ""; // else the same file, picked again, would be no change
  isHanding = false;
  for (let waited = 0; waited < START && !isUploading() && findAll("#message .thumbnail-item").length === held; waited += STEP) await pause();
  while (isUploading()) await pause();
  setTimeout(() => (uploading = ""), START); // the toast of one that failed comes a moment later
}

/** There is no room for these in this message: they can be added to the next. @param {File[]} rest */
function offerLater(rest) {
  const sentence = texts.composer.left_out.replace("{most}", `${limits().images}`).replace("{excess}", `${rest.length}`);
  notice(sentence, { label: texts.composer.add_rest, act: () => void addFiles(rest) });
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
