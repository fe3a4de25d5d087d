// Who scrolled a conversation, its reader or the page, and so whether its end is followed. A state machine: pure.

const NEAR = 60; // pixels from the end that count as its end for someone who scrolls down, or did nothing
const GLIDE = 1000; // milliseconds in which a scroll may still glide to what was the end when it began

/**
 * How a conversation stands: how far down, how much there is, and how much of that is seen at once, in pixels.
 * @typedef {{ top: number, height: number, view: number }} Seen
 */

/** @param {Seen} seen */
const endOf = ({ height, view }) => height - view;

/** Follows until the reader scrolls away; being back at the end resumes it. */
export class ScrollState {
  constructor() {
    this.isFollowing = true;
    this.isEmpty = true;
    this.top = this.height = 0; // as they were seen last
    /** @type {number[]} */
    this.ends = []; // how far one could scroll at the last three looks
    this.goal = { top: Infinity, at: -GLIDE };
  }

  /** An answer begins, or another conversation is shown: from its end. */
  begin() {
    this.isFollowing = true;
  }

  /** The reader unfolds or edits something, which is to stay where it is. */
  stay() {
    this.isFollowing = false;
  }

  leave() {
    this.isFollowing = false;
    this.goal.at = -GLIDE;
  }

  /**
   * The reader did what may lead to a scroll. A busy page hears of that late: what it scrolls meanwhile would undo it.
   * @param {number} now
   * @param {{ type?: string, deltaY?: number }} event
   */
  touched(now, { type, deltaY = 0 } = {}) {
    this.goal = { top: Math.min(...this.ends), at: now };
    if (deltaY < 0 && this.top > 0) this.leave();
    if (type === "touchmove" && this.top > 0) this.isFollowing = false;
  }

  /**
   * Who has moved it since it was seen last: the reader, unless its end came nearer and took the place with it. That
   * may have been for a moment between two looks, as while a message is drawn: who did nothing has not left the end.
   * @param {Seen} seen
   * @param {number} now
   */
  judge(seen, now) {
    const end = endOf(seen);
    const isCut = seen.height < this.height || seen.top > end - 2;
    const wasEnd = Math.min(end, this.height - seen.view); // much may have come since it was cut
    const isTouched = now < this.goal.at + GLIDE;
    const goal = isTouched ? Math.min(this.goal.top, end) : end;
    if (seen.top > this.top && seen.top > goal - NEAR) this.isFollowing = true;
    else if (seen.top < this.top && !isCut && (isTouched || seen.top <= wasEnd - NEAR)) this.leave();
    this.note(seen);
  }

  /**
   * From time to time, when it has been judged: where the page has to scroll to, or null where it stays.
   * @param {Seen} seen
   * @param {boolean} isEmpty no message is there, but the start page
   */
  target(seen, isEmpty) {
    const wasEmpty = this.isEmpty;
    this.isEmpty = isEmpty;
    if (isEmpty !== wasEmpty) this.isFollowing = true;
    if (isEmpty) return wasEmpty ? null : 0; // the start page begins with its title
    return this.isFollowing ? seen.height : null;
  }

  /**
   * How it stands then, when the page has scrolled.
   * @param {Seen} seen
   */
  settled(seen) {
    this.ends = [...this.ends.slice(-2), endOf(seen)];
    this.note(seen);
  }

  /** @param {Seen} seen */
  note({ top, height }) {
    this.top = top;
    this.height = height;
  }
}
