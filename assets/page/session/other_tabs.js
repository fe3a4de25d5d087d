// Whether another tab goes on with the same session of the server's: a tab that was duplicated remembers what its
// original does, and would take the session from it.

const WAIT = 150; // milliseconds for an answer

export class OtherTabs {
  /** @param {() => string} page the session that this tab goes on with */
  constructor(page) {
    this.page = page;
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("mistral-chat-pages");
    this.isAsking = false;
    /** @type {(taken: string) => void} */
    this.heard = () => {};
    if (!this.channel) return;
    this.channel.onmessage = ({ data }) => {
      if (data.taken) this.heard(data.taken);
      else if (data.asked === this.page() && !this.isAsking) this.channel?.postMessage({ taken: data.asked });
    };
  }

  /**
   * Whether another tab has this session.
   * @param {string} page
   * @returns {Promise<boolean>}
   */
  async have(page) {
    if (!this.channel || !page) return false;
    this.isAsking = true;
    const answer = new Promise((/** @type {(isTaken: boolean) => void} */ done) => {
      this.heard = (taken) => taken === page && done(true);
      setTimeout(() => done(false), WAIT);
    });
    this.channel.postMessage({ asked: page });
    const isTaken = await answer;
    this.isAsking = false;
    return isTaken;
  }
}
