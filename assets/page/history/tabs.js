// The other tabs of this page: each is told what another has kept, so that its list is right.

/**
 * `words` were said in the conversation `id`; without an id many have changed.
 * @typedef {{ id?: string, words?: string }} Change
 */

const TOGETHER = 200; // milliseconds in which changes are taken together

export class Tabs {
  /** @param {(changes: Change[]) => void} heard */
  constructor(heard) {
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("mistral-chat");
    /** @type {Change[]} */
    this.changes = [];
    if (!this.channel) return;
    this.channel.onmessage = ({ data }) => {
      if (!this.changes.length)
        setTimeout(() => {
          const changes = this.changes;
          this.changes = [];
          heard(changes);
        }, TOGETHER);
      this.changes.push(data);
    };
  }

  /** @param {Change} change */
  tell(change) {
    this.channel?.postMessage(change);
  }
}
