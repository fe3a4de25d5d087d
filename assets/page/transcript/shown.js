// What is drawn where: the conversation, and the two answers of a comparison, each in its own place.

import { Earlier } from "./earlier.js";
import { Transcript } from "./transcript.js";

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
    /** @type {Map<Element, { transcript: Transcript, earlier: Earlier }>} */
    this.places = new Map();
  }

  /** What the server tells, as JSON. @param {{ place: Element, shown: string }} told */
  draw({ place, shown }) {
    if (!shown) return;
    const { transcript, earlier } = this.at(place);
    const told = JSON.parse(shown);
    const below = place.scrollHeight - place.scrollTop;
    if (!transcript.show(told)) return this.commands.redraw();
    earlier.offer();
    if (told.before !== undefined) place.scrollTop = place.scrollHeight - below; // what is read stays where it is
    for (const follower of this.followers)
      if (follower.log() === place) {
        if (told.before !== undefined) follower.moved();
        follower.follow();
      }
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
