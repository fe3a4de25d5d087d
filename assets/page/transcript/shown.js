// What is drawn where: the conversation, and the two answers of a comparison, each in its own place.

import { Earlier } from "./earlier.js";
import { Transcript } from "./transcript.js";

const SECOND = 1000; // milliseconds

export class Shown {
  /**
   * @param {{
   *   commands: import("../commands.js").Commands,
   *   followers: import("../scrolling/follower.js").Follower[],
   * }} page
   */
  constructor({ commands, followers }) {
    this.commands = commands;
    this.followers = followers;
    this.askedAt = -SECOND;
    /** @type {Map<Element, { transcript: Transcript, earlier: Earlier }>} */
    this.places = new Map();
  }

  /** What the server tells, as JSON. @param {{ place: Element, shown: string }} told */
  draw({ place, shown }) {
    if (!shown) return;
    const { transcript, earlier } = this.at(place);
    const told = JSON.parse(shown);
    const below = place.scrollHeight - place.scrollTop;
    const followers = this.followers.filter((follower) => follower.log() === place);
    for (const follower of followers) follower.look(); // what is drawn hides who has moved it until now
    if (!transcript.show(told)) return this.askForAll();
    earlier.offer();
    if (told.before !== undefined) place.scrollTop = place.scrollHeight - below; // what is read stays where it is
    for (const follower of followers) {
      if (told.before !== undefined) follower.moved();
      follower.follow();
    }
  }

  /** An answer is formatted from now on. @param {string} key @param {string[]} blocks */
  format(key, blocks) {
    for (const { transcript } of this.places.values()) transcript.format(key, blocks);
  }

  /** Once a second: until it comes, what goes on from other entries comes too. */
  askForAll() {
    if (performance.now() - this.askedAt < SECOND) return;
    this.askedAt = performance.now();
    this.commands.redraw();
  }

  /** @param {Element} place */
  at(place) {
    const there = this.places.get(place);
    if (there) return there;
    const transcript = new Transcript(place);
    const made = { transcript, earlier: new Earlier(transcript, (before) => this.commands.earlier(before)) };
    this.places.set(place, made);
    return made;
  }
}
