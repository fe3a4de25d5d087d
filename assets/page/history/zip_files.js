// Many texts in one zip, and back. https://github.com/101arrowz/fflate (assets/page/vendor) is loaded when it is used.

import texts from "../texts.js";

const SAID = texts.transfer;
const MOST_BYTES = 1_000_000_000, MOST_FILES = 5000;

/** A file that could not be read: what a person is told. */
export class ZipRefused extends Error {}

async function fflate() {
  try {
    return await import("../vendor/fflate.js");
  } catch (error) {
    const cause = { cause: error };
    throw new ZipRefused(SAID.no_parts, cause);
  }
}

/**
 * Raises ZipRefused.
 * @param {AsyncIterable<[name: string, content: string | Uint8Array]>} files
 * @returns {Promise<Blob>}
 */
export async function zipped(files) {
  const { Zip, ZipDeflate } = await fflate();
  /** @type {BlobPart[]} */
  const parts = [];
  const zip = new Zip((error, part) => {
    if (error) throw error;
    parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (part));
  });
  for await (const [name, content] of files) {
    const file = new ZipDeflate(name, { level: 3 });
    zip.add(file);
    file.push(typeof content === "string" ? new TextEncoder().encode(content) : content, true);
    await new Promise((done) => setTimeout(done)); // the page stays awake
  }
  zip.end();
  return new Blob(parts, { type: "application/zip" });
}

/**
 * The JSON files of a zip, as texts, one after the other. Raises ZipRefused.
 * @param {Blob} file
 * @param {{ bytes: number, files: number }} most
 * @returns {AsyncGenerator<string>}
 */
export async function* unzipped(file, most = { bytes: MOST_BYTES, files: MOST_FILES }) {
  const { Unzip, UnzipInflate } = await fflate();
  /** @type {string[]} */
  const ready = [];
  let bytes = 0, files = 0;
  const unzip = new Unzip((entry) => {
    if ((files += 1) > most.files) throw new ZipRefused(SAID.too_many.replace("{most}", String(most.files)));
    if (!entry.name.endsWith(".json")) return;
    const decoder = new TextDecoder();
    let text = "";
    entry.ondata = (error, data, isLast) => {
      if (error) throw error;
      bytes += data.length;
      if (bytes > most.bytes) throw new ZipRefused(SAID.too_large.replace("{most}", String(Math.round(most.bytes / 1e6))));
      text += decoder.decode(data, { stream: !isLast });
      if (isLast) ready.push(text);
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  try {
    for await (const chunk of chunks(file)) {
      unzip.push(chunk);
      yield* ready.splice(0);
    }
    unzip.push(new Uint8Array(), true);
  } catch (error) {
    if (error instanceof ZipRefused || !(error instanceof Error) || !("code" in error)) throw error;
    throw new ZipRefused(SAID.damaged);
  }
  yield* ready.splice(0);
  if (!files) throw new ZipRefused(SAID.no_zip);
}

/** @param {Blob} file */
async function* chunks(file) {
  const size = 64 * 1024;
  for (let at = 0; at < file.size; at += size) yield new Uint8Array(await file.slice(at, at + size).arrayBuffer());
}
