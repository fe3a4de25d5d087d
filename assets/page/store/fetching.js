// Fetches the pictures of what is kept from the server.

import { StoreFailed } from "./failures.js";
import { pictureName } from "./pictures.js";
import { picturePaths } from "./saves.js";

export class PictureFetcher {
  /** @param {Pick<import("./keeper.js").Surroundings, "store" | "download">} surroundings */
  constructor({ store, download }) {
    this.store = store;
    this.download = download;
    /** @type {Set<string>} */
    this.unreached = new Set(); // pictures that are still to be fetched
  }

  /**
   * Those pictures of a save that this browser does not keep yet. One that the server has lost is left out; one that
   * cannot be reached is fetched with the next save.
   * @param {import("./held.js").Held} held
   */
  async fetched({ save, pictures }) {
    const named = picturePaths(save.nodes).filter((path) => !pictures.has(pictureName(path)));
    /** @type {Map<string, Blob>} */
    const fetched = new Map();
    for (const path of new Set([...(await this.lacking(named)), ...this.unreached])) {
      const picture = await this.download(path);
      if (picture) fetched.set(pictureName(path), picture);
      if (picture === undefined) this.unreached.add(path);
      else this.unreached.delete(path);
    }
    for (const [name, picture] of fetched) pictures.set(name, picture);
    return fetched;
  }

  /**
   * Those paths whose pictures are not kept; all of them where that cannot be told.
   * @param {string[]} paths
   */
  async lacking(paths) {
    try {
      const names = new Set(await this.store.lacking(paths.map(pictureName)));
      return paths.filter((path) => names.has(pictureName(path)));
    } catch (error) {
      if (error instanceof StoreFailed) return paths;
      throw error;
    }
  }
}
