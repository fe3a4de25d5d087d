// Files on their way into a batch: picked, dropped, or all of a folder, each under its path within that.

import { find } from "../dom.js";
import texts from "../texts.js";

const AT_ONCE = 3; // uploads
const GROUP = 10; // files that the server is told of together: it reads them before it answers

/** @typedef {{ file: File, name: string }} Given */

/**
 * Which of these files are uploaded, and what is said of the others. Pure.
 * @param {readonly Given[]} given
 * @param {number} room how many more items the batch may have
 * @param {{ items: number, mb: number }} most
 * @returns {{ taken: Given[], notices: string[] }}
 */
export function fitting(given, room, most) {
  const seen = given.filter(({ name }) => !name.split("/").some((step) => step.startsWith(".")));
  const small = seen.filter(({ file }) => file.size <= most.mb * 1_000_000);
  const notices = seen.filter((one) => !small.includes(one)).map(({ name }) =>
    texts.batch.too_large.replace("{name}", () => name).replace("{limit}", `${most.mb}`));
  if (small.length > room) notices.push(texts.batch.full.replace("{most}", most.items.toLocaleString("en")));
  return { taken: small.slice(0, Math.max(0, room)), notices };
}

/** Those that were picked, in the order of their names. @param {FileList} files @returns {Given[]} */
export const picked = (files) => inOrder([...files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));

/** @param {Given[]} given */
const inOrder = (given) => given.sort((one, other) => (one.name < other.name ? -1 : 1));

/**
 * Those that were dropped, folders with all that is in them.
 * @param {DataTransfer} transfer
 * @returns {Promise<Given[]>}
 */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = await Promise.all(entries.map((entry) => (entry instanceof File ? [{ file: entry, name: entry.name }] : within(entry))));
  return inOrder(found.flat());
}

/** @param {FileSystemEntry | null} entry @returns {Promise<Given[]>} */
async function within(entry) {
  if (entry === null) return [];
  if (entry.isFile) {
    const file = /** @type {FileSystemFileEntry} */ (entry);
    return [{ file: await new Promise((done, fail) => file.file(done, fail)), name: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Given[]} */
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((done, fail) => reader.readEntries(done, fail)); // a hundred at a time
    if (!some.length) return found;
    for (const one of some) found.push(...(await within(one)));
  }
}

/**
 * Uploads files, some at once, and hands on in their order what is there.
 * @param {Given[]} given
 * @param {(file: File) => Promise<{ path: string }>} upload
 * @param {{ arrived: (group: { path: string, name: string }[]) => Promise<unknown>, failed: (name: string) => void,
 *   isOver: () => boolean }} hears
 */
export async function uploadAll(given, upload, { arrived, failed, isOver }) {
  for (let at = 0; at < given.length && !isOver(); at += GROUP) {
    const group = given.slice(at, at + GROUP);
    /** @type {({ path: string, name: string } | null)[]} */
    const paths = group.map(() => null);
    let next = 0;
    const work = async () => {
      while (next < group.length && !isOver()) {
        const place = next++;
        const one = group[place];
        if (!one) return;
        tell(at + place + 1, given.length);
        try {
          paths[place] = { path: (await upload(one.file)).path, name: one.name };
        } catch {
          failed(one.name); // Gradio's own errors have no type
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await arrived(paths.filter((one) => one !== null));
  }
  tell(0, 0);
}

/** @param {number} done @param {number} total of which there are none at the end */
function tell(done, total) {
  const place = find("#batch-coming", HTMLElement);
  if (place) place.textContent = total ? texts.batch.coming.replace("{done}", `${done}`).replace("{total}", `${total}`) : "";
}
