// The browser's database: opened when it is used, and again where the browser closed it or another tab let it go.

import { StoreFailed, failureOf, failureToOpen, isFull } from "./failures.js";
import { VERSION, upgrade } from "./migration.js";

const NAME = "mistral-chat";

/**
 * The result of a request, while its transaction goes on.
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export const result = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

export class Database {
  constructor() {
    /** @type {Promise<IDBDatabase> | null} */
    this.opened = null;
    this.isBlocked = false;
    this.isOutdated = false;
    /** Called where something is to be said although nothing was asked. @type {(failed: StoreFailed | null) => void} */
    this.changed = () => {};
  }

  /**
   * Carries out work in one transaction, which is done when this ends. Raises StoreFailed, and nothing is changed then.
   * @template T
   * @param {string | string[]} names
   * @param {IDBTransactionMode} mode
   * @param {(store: (name: string) => IDBObjectStore) => Promise<T>} work which waits for requests, and nothing else
   * @returns {Promise<T>}
   */
  async use(names, mode, work) {
    const transaction = await this.begin(names, mode);
    const ended = ending(transaction);
    try {
      const value = await work((name) => transaction.objectStore(name));
      await ended;
      return value;
    } catch (error) {
      abort(transaction);
      await ended.catch(() => {});
      throw failureOf(transaction.error ?? error);
    }
  }

  /** @param {string | string[]} names @param {IDBTransactionMode} mode */
  async begin(names, mode) {
    const database = await this.open();
    try {
      return database.transaction(names, mode);
    } catch (error) {
      if (!isInvalid(error)) throw failureOf(error);
      this.opened = null; // it was closed a moment ago
    }
    try {
      return (await this.open()).transaction(names, mode);
    } catch (error) {
      this.opened = null;
      throw failureOf(error);
    }
  }

  /** Raises StoreFailed; the next call tries again. */
  async open() {
    if (this.isOutdated) throw new StoreFailed("newer");
    if (this.isBlocked) throw new StoreFailed("blocked");
    this.opened ??= this.request();
    try {
      return await this.opened;
    } catch (error) {
      if (!this.isBlocked) this.opened = null;
      throw failureToOpen(error);
    }
  }

  /** @returns {Promise<IDBDatabase>} */
  request() {
    return new Promise((done, failed) => {
      const request = indexedDB.open(NAME, VERSION);
      /** @type {DOMException | null} */
      let reason = null; // the request itself says only that the upgrade was aborted
      request.onupgradeneeded = ({ oldVersion }) => {
        const { transaction } = request;
        if (!transaction) return;
        transaction.onabort = () => (reason = isFull(transaction.error) ? transaction.error : null);
        upgrade(request.result, transaction, oldVersion);
      };
      request.onblocked = () => {
        this.isBlocked = true; // until the older tab lets it go, which may be never
        failed(new StoreFailed("blocked"));
      };
      request.onerror = () => {
        failed(reason ?? request.error);
        if (!this.isBlocked) return;
        this.isBlocked = false; // who asked has been answered: the next call tries again
        this.opened = null;
        this.changed(failureToOpen(reason ?? request.error));
      };
      request.onsuccess = () => {
        this.watch(request.result);
        done(request.result);
        if (!this.isBlocked) return;
        this.isBlocked = false;
        this.opened = Promise.resolve(request.result);
        this.changed(null);
      };
    });
  }

  /** @param {IDBDatabase} database */
  watch(database) {
    database.onclose = () => (this.opened = null);
    database.onversionchange = ({ newVersion }) => {
      database.close();
      this.opened = null;
      this.isOutdated = newVersion !== null; // else it is only deleted
      if (this.isOutdated) this.changed(new StoreFailed("newer"));
    };
  }
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const ending = (transaction) =>
  new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => failed(transaction.error);
  });

/** @param {IDBTransaction} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch (error) {
    if (!isInvalid(error)) throw error; // it is over already
  }
}

/** @param {unknown} error */
const isInvalid = (error) => error instanceof DOMException && error.name === "InvalidStateError";
