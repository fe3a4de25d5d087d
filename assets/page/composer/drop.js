// Files are dropped anywhere on the page, which says so while they are over it. Whatever is dropped, the page stays.

import texts from "../texts.js";
import { closest, element } from "../dom.js";
import { addFiles } from "./files.js";
import { notice } from "./notices.js";

const STILL = 1000; // milliseconds: while files are over the page browsers say so again at most every 0.55 s
const FIELD = "input, textarea, [contenteditable=true], .cm-editor";

/**
 * The files of a drop, without folders, which no upload can read; and whether there was one. Pure.
 * @template F
 * @param {readonly { kind: string, isFolder: boolean, file: F | null }[]} items
 * @returns {{ files: F[], hasFolder: boolean }}
 */
export function dropped(items) {
  const given = items.filter(({ kind }) => kind === "file");
  const files = given.flatMap(({ isFolder, file }) => (isFolder || file === null ? [] : [file]));
  return { files, hasFolder: given.some(({ isFolder }) => isFolder) };
}

export function hearDrops() {
  const overlay = element("div", { id: "drop", hidden: true });
  overlay.append(element("p", { textContent: texts.composer.drop }));
  document.body.append(overlay);
  let isOwn = false; // dragged within the page
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;
  const hide = () => {
    clearTimeout(leaving);
    overlay.hidden = true;
  };
  document.addEventListener("dragstart", () => (isOwn = true), true);
  document.addEventListener("dragend", () => (isOwn = false), true);
  document.addEventListener("dragover", (event) => {
    if (isOwn) return;
    if (hasFiles(event)) {
      event.preventDefault();
      event.stopPropagation();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      overlay.hidden = false;
      clearTimeout(leaving);
      leaving = setTimeout(hide, STILL);
    } else if (!closest(event, FIELD)) event.preventDefault(); // an address would take the page's place
  }, true);
  for (const name of ["dragenter", "dragleave"])
    document.addEventListener(name, (event) => {
      if (isOwn || !(event instanceof DragEvent) || !hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (name === "dragleave" && event.relatedTarget === null) hide();
    }, true);
  document.addEventListener("drop", (event) => {
    hide();
    if (isOwn) return void (isOwn = false);
    if (!hasFiles(event)) {
      if (!closest(event, FIELD)) event.preventDefault();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const items = [...(event.dataTransfer?.items ?? [])].map((item) => ({
      kind: item.kind, isFolder: item.webkitGetAsEntry?.()?.isDirectory ?? false, file: item.getAsFile(),
    }));
    const { files, hasFolder } = dropped(items);
    if (hasFolder) notice(texts.composer.folder);
    if (files.length) addFiles(files);
  }, true);
}

/** @param {DragEvent} event */
const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
