// A browser's database in memory, and conversations as the server hands them over.

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";

/** A browser that keeps nothing yet, as this process's own. */
export function freshBrowser() {
  globalThis.indexedDB = new IDBFactory();
  globalThis.IDBKeyRange = IDBKeyRange;
}

/** A person's message, with pictures at these paths. */
export const said = (text, ...paths) => {
  const pictures = paths.map((path) => ({ path, width: 8, height: 8 }));
  return { parts: [{ text }, ...pictures] };
};

/** A node; `message` may be an answer's text. */
export const node = (id, parent, message, asked = null) =>
  ({ id, parent, message: typeof message === "string" ? { text: message } : message, asked });

/** A part of a conversation, at this second of a minute. */
export const save = (nodes, { second = 0, ...others } = {}) => ({
  id: "c1", name: "Apples", title: "", titled: "", updated: at(second), leaf: nodes.at(-1)?.id ?? null,
  panel: { prompt: "Be brief.", keep: "all" }, nodes, setups: {}, growing: null, whole: false, ...others,
});

/** A time as the server writes it. */
export const at = (second) => `2026-01-01T10:00:${String(second).padStart(2, "0")}.000+00:00`;

export const ids = (nodes) => nodes.map((each) => each.id);
