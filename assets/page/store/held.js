// What of a conversation is held in memory, since the browser has not taken it yet.

import { pictureName, withPaths } from "./pictures.js";
import { joined, moment } from "./saves.js";

/** @typedef {import("./saves.js").Save} Save */

/** What of a conversation is not kept yet, with its pictures by name. `from` is what it has grown out of. */
export class Held {
  /** @param {Save} save @param {Map<string, Blob>} [pictures] @param {Held | null} [from] */
  constructor(save, pictures = new Map(), from = null) {
    this.save = save;
    this.pictures = pictures;
    this.from = from;
  }

  /** @param {Save} save */
  with(save) {
    return new Held(joined(this.save, save), this.pictures, this);
  }

  /** Whether all that another holds is in this one too. @param {Held | undefined} other */
  covers(other) {
    return other === undefined || other === this || other === this.from;
  }

  /** With what came meanwhile. @param {Held} other */
  beside(other) {
    const isLater = moment(other.save.updated) > moment(this.save.updated);
    const save = isLater ? joined(this.save, other.save) : joined(other.save, this.save);
    for (const [name, picture] of other.pictures) this.pictures.set(name, picture);
    return new Held(save, this.pictures);
  }
}

/**
 * The save with its pictures by their names.
 * @param {Save} save
 * @returns {Save}
 */
export const withNames = (save) => ({ ...save, nodes: save.nodes.map((node) => withPaths(node, pictureName)) });
