// Taking the server's session up again: after a reload, a moment without a network, a sleep.

const SILENCE = 6000; // milliseconds without a word, while an answer is under way, that mean a broken connection
const PAUSE = 5000; // between two tries

/**
 * @typedef {object} Surroundings
 * @property {() => boolean} isAnswering whether an answer is under way
 * @property {() => void} resume asks the server
 * @property {() => Promise<boolean>} probe whether the server can be reached
 * @property {() => number} [now]
 */

export class Resuming {
  /** @param {Surroundings} surroundings */
  constructor({ isAnswering, resume, probe, now = () => performance.now() }) {
    this.isAnswering = isAnswering;
    this.resume = resume;
    this.probe = probe;
    this.now = now;
    this.heardAt = now();
    this.triedAt = -Infinity;
    this.wasAnswering = false;
    this.isCutOff = false;
  }

  /** The server has said something. */
  heard() {
    this.heardAt = this.now();
  }

  /** To be called often. */
  async look() {
    const isAnswering = this.isAnswering();
    if (isAnswering && !this.wasAnswering) this.heard(); // it begins
    this.wasAnswering = isAnswering;
    if (isAnswering && this.now() - this.heardAt > SILENCE) await this.attempt();
  }

  /** The network is gone. */
  lost() {
    this.isCutOff = true;
  }

  /** It is back. */
  async found() {
    if (this.isCutOff || this.isAnswering()) await this.attempt();
  }

  async attempt() {
    if (this.now() - this.triedAt < PAUSE) return;
    this.triedAt = this.now();
    this.isCutOff = !(await this.probe());
    if (!this.isCutOff) this.resume();
  }

  watch() {
    setInterval(() => this.look(), 1000);
    addEventListener("offline", () => this.lost());
    addEventListener("online", () => this.found());
    addEventListener("pageshow", (event) => event.persisted && this.attempt());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      if (this.isCutOff) this.found();
      else this.look();
    });
  }
}
