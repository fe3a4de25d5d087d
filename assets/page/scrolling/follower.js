// Follows what is written in one conversation of the page; scroll_state.js knows when.

import { closest, find } from "../dom.js";
import { ScrollState } from "./scroll_state.js";

const TOUCHES = ["wheel", "touchmove", "pointerdown", "keydown"];
const FAR = 120; // pixels from the end, from where on a button leads back
/** @type {[event: string, part: string][]} */
const STAYS = [["toggle", "details"], ["focusin", "textarea"]];

export class Follower {
  /**
   * @param {string} place the selector of what the conversation stands in
   * @param {import("../answering.js").Answering} answering
   */
  constructor(place, answering) {
    this.isHeld = false; // by a mouse: what is pressed must not go from under it
    this.place = place;
    this.answering = answering;
    this.state = new ScrollState();
    listen("scroll", (event) => {
      const log = this.log();
      if (log && event.target === log) this.judge(log);
    });
    for (const name of TOUCHES) listen(name, (event) => this.touched(event));
    for (const name of ["pointerdown", "pointerup", "pointercancel"])
      listen(name, (event) => (this.isHeld = name === "pointerdown" && closest(event, place) !== null));
    listen("selectionchange", () => this.isSelecting() && this.state.leave());
    listen("click", (event) => closest(event, `${place} .down`) && this.goDown());
    // What a reader unfolds or edits stays where it is; an answer that is being written goes on being followed.
    for (const [name, part] of STAYS)
      listen(name, (event) => {
        const isHere = closest(event, part) && event.target instanceof Node && this.log()?.contains(event.target);
        if (isHere && !answering.isRunning) this.state.stay();
      });
  }

  log() {
    return find(`${this.place} .transcript`, HTMLElement);
  }

  /** @param {Event} event */
  touched(event) {
    const isElsewhere = event.type === "keydown" ? closest(event, "input, textarea") : !closest(event, this.place);
    if (isElsewhere) return;
    const deltaY = event instanceof WheelEvent ? event.deltaY : 0;
    this.state.touched(performance.now(), { type: event.type, deltaY });
  }

  /** Who has moved it until now. */
  look() {
    const log = this.log();
    if (log) this.judge(log);
  }

  /** @param {HTMLElement} log */
  judge(log) {
    this.answering.look(); // a scroll after the beginning of an answer is judged after it
    this.state.judge(measure(log), performance.now());
    this.anchor(log);
  }

  /** Whether something of it is selected: that stays where it is. */
  isSelecting() {
    const selection = getSelection();
    return selection !== null && !selection.isCollapsed && (this.log()?.contains(selection.anchorNode) ?? false);
  }

  /** To the end, and along with it from now on. */
  goDown() {
    getSelection()?.removeAllRanges();
    this.followAnew();
    this.log()?.focus({ preventScroll: true }); // the button goes
  }

  followAnew() {
    this.state.begin();
    this.follow();
  }

  /** What stands above has been added, or has gone: nobody has scrolled. */
  moved() {
    const log = this.log();
    if (log) this.state.settled(measure(log));
  }

  /** Goes along with what has been drawn, unless the reader is elsewhere. */
  follow() {
    const log = this.log();
    if (!log || this.isHeld) return;
    this.judge(log);
    const target = this.state.target(measure(log), !log.querySelector(".entry"));
    if (target !== null) log.scrollTop = target;
    this.state.settled(measure(log));
    this.anchor(log);
  }

  /**
   * Else the browser itself scrolls where something above grows, which would look like the reader's doing.
   * @param {HTMLElement} log
   */
  anchor(log) {
    const { isFollowing } = this.state;
    log.style.overflowAnchor = isFollowing ? "none" : "auto";
    const isUp = !isFollowing && log.scrollHeight - log.clientHeight - log.scrollTop > FAR;
    log.parentElement?.querySelector(".down")?.classList.toggle("shown", isUp);
  }
}

/** @param {HTMLElement} log @returns {import("./scroll_state.js").Seen} */
const measure = (log) => ({ top: log.scrollTop, height: log.scrollHeight, view: log.clientHeight });

/** @param {string} name @param {(event: Event) => void} heard */
function listen(name, heard) {
  document.addEventListener(name, heard, { capture: true, passive: true });
}
