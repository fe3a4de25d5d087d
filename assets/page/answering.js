// Whether an answer is under way: then Stop has the place of Send.

import { isThere } from "./dom.js";

const LATE = 500; // milliseconds in which a click on Send was meant for Stop, whose place it has just taken

export class Answering {
  /**
   * @param {() => void} begun is called when an answer begins
   * @param {{ isShown?: () => boolean, now?: () => number }} page how to see it, and the time
   */
  constructor(begun, { isShown = isStopShown, now = () => performance.now() } = {}) {
    this.begun = begun;
    this.isShown = isShown;
    this.now = now;
    this.isRunning = false;
    this.isStopped = false; // the person has stopped the one that is under way
    this.ended = -LATE;
  }

  /** Whether one is under way now. */
  look() {
    const isRunning = this.isShown();
    if (isRunning && !this.isRunning) this.begun();
    if (!isRunning && this.isRunning) this.end();
    this.isRunning = isRunning;
    return isRunning;
  }

  end() {
    if (!this.isStopped) this.ended = this.now();
    this.isStopped = false;
  }

  /** The person ends it. */
  stop() {
    this.isStopped = this.look();
  }

  /** The person writes: a click on Send is meant as such. */
  goOn() {
    this.ended = -LATE;
  }

  /** Whether one is under way, or has ended a moment ago by itself, which the person may not have seen. */
  isJustOver() {
    return this.isRunning || this.now() - this.ended < LATE;
  }
}

const isStopShown = () => isThere("#answering");
