// What this browser keeps, in its IndexedDB: conversations, and apart from them their pictures by name.

/** @typedef {import("./entries.js").KeptEntry} KeptEntry */

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((done, failed) => {
    const request = indexedDB.open("mistral-chat", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("documents", { keyPath: "id" });
      request.result.createObjectStore("pictures");
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

export class BrowserStore {
  constructor() {
    this.opened = openDatabase();
  }

  /** @returns {Promise<KeptEntry[]>} */
  entries() {
    return this.read("documents", (store) => store.getAll());
  }

  /** @param {string} id @returns {Promise<KeptEntry | undefined>} */
  entry(id) {
    return this.read("documents", (store) => store.get(id));
  }

  /** @param {KeptEntry} entry */
  async keepEntry(entry) {
    await this.write("documents", (store) => store.put(entry));
  }

  /** @param {string} id */
  async dropEntry(id) {
    await this.write("documents", (store) => store.delete(id));
  }

  /** @returns {Promise<string[]>} */
  async pictureNames() {
    return (await this.read("pictures", (store) => store.getAllKeys())).map(String);
  }

  /** @param {string} name */
  async hasPicture(name) {
    return (await this.read("pictures", (store) => store.getKey(name))) !== undefined;
  }

  /** @param {string} name @returns {Promise<Blob | undefined>} */
  picture(name) {
    return this.read("pictures", (store) => store.get(name));
  }

  /** @param {string} name @param {Blob} picture */
  async keepPicture(name, picture) {
    await this.write("pictures", (store) => store.put(picture, name));
  }

  /** @param {string} name */
  async dropPicture(name) {
    await this.write("pictures", (store) => store.delete(name));
  }

  /**
   * @template T
   * @param {string} name
   * @param {(store: IDBObjectStore) => IDBRequest<T>} use
   */
  read(name, use) {
    return this.use(name, "readonly", use);
  }

  /**
   * @template T
   * @param {string} name
   * @param {(store: IDBObjectStore) => IDBRequest<T>} use
   */
  write(name, use) {
    return this.use(name, "readwrite", use);
  }

  /**
   * One request in a transaction of its own, done when that is.
   * @template T
   * @param {string} name
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} use
   * @returns {Promise<T>}
   */
  async use(name, mode, use) {
    const database = await this.opened;
    return new Promise((done, failed) => {
      const transaction = database.transaction(name, mode);
      const request = use(transaction.objectStore(name));
      transaction.oncomplete = () => done(request.result);
      transaction.onerror = () => failed(transaction.error);
    });
  }
}
