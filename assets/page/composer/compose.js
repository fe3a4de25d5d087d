// Puts the parts of the message box together.

import texts from "../texts.js";
import { find, findAll, isThere, messageBox, placeHeld } from "../dom.js";
import { hearRegions } from "../regions/dialog.js";
import { Drafts } from "../session/drafts.js";
import { isSending, show, takeAway } from "../transcript/pending.js";
import { boxedFiles, isSettled, watchBox } from "./box.js";
import { hearDocuments } from "./documents.js";
import { hearDrops } from "./drop.js";
import { limits, takePickedFiles, uploadForBox } from "./files.js";
import { notice, watchUploads } from "./notices.js";
import { editsFiles } from "./file_text.js";
import { hearPasting } from "./paste.js";
import { Queue } from "./queue.js";
import { showQueue } from "./queue_row.js";
import { tellWhenAtRest } from "./resting.js";
import { hearSending } from "./sending.js";
import { added, hearSources, setBusy } from "./sources.js";
import { watchStrip } from "./strip.js";

const STEP = 100; // milliseconds between two looks
const PATIENCE = 30_000; // milliseconds for uploads

/**
 * @typedef {object} Surroundings
 * @property {import("../commands.js").Commands} commands
 * @property {import("../answering.js").Answering} answering
 * @property {import("../session/tab_storage.js").TabStorage} tab
 * @property {import("../session/draft.js").Draft} draft
 * @property {(file: File) => Promise<{ path: string }>} upload
 */

/** To be called before others listen to what is sent. @param {Surroundings} surroundings */
export function compose({ commands, answering, tab, draft, upload }) {
  const drafts = new Drafts(tab);
  const queue = new Queue(tab, {
    isAnswering: () => answering.look(),
    isStopped: () => answering.isStopped,
    isAnswered,
    hasEndedWell,
    mostImages: () => limits().images,
    place: placeHeld,
    box: () => {
      draft.remember(); // the server may have emptied it this moment of what was sent before
      return { text: messageBox()?.value ?? "", images: boxedFiles() };
    },
    settled,
    fill: (text, images) => {
      const had = boxedFiles().length;
      draft.put(text);
      if (had || images.length) commands.fill(images.map(({ path }) => path), images.map(({ choice }) => choice ?? ""));
    },
    stop: () => find("#message .stop-button", HTMLElement)?.click(),
    send: ({ id, text, images, sent }) => {
      const choices = images.map(({ choice }) => choice ?? "");
      commands.sendWaiting({ id, text, files: images.map(({ path }) => path), choices, sent });
      show(text, images.flatMap(({ src }) => src || []));
    },
    tell: notice,
    texts: texts.composer,
  });
  hearSending(answering, queue);
  watchBox(commands);
  showQueue(queue);
  takePickedFiles();
  hearPasting();
  hearDrops();
  hearSources(commands);
  watchUploads(uploadForBox);
  watchStrip(commands);
  hearDocuments(commands);
  hearRegions(commands);
  tellWhenAtRest();
  return {
    /** Another chat is shown: each has what was being written in it. @param {string} before @param {string} now */
    moveTo(before, now) {
      const { images } = queue.box();
      const [files, choices] = [images.map(({ path }) => path), images.map(({ choice }) => choice ?? "")];
      drafts.keep(before, { ...draft.leave(), files, choices, queue: queue.left() });
      const next = drafts.take(now);
      draft.enter(next);
      tab.set("queue", next.queue);
      queue.read();
      if (boxedFiles().length || next.files.length) commands.fill(next.files, next.choices ?? []);
    },
    /** What the server says of the box. */
    receiver: {
      taken: (/** @type {string} */ id) => queue.taken(id),
      untaken: (/** @type {string} */ id) => {
        takeAway();
        queue.untaken(id);
      },
      added,
      opened: editsFiles(commands, upload),
      notice: (/** @type {string} */ sentence) => {
        setBusy(false);
        notice(sentence);
      },
    },
  };
}

const lastEntry = () => findAll("#conversation .entry").at(-1);
const isAnswered = () => Boolean(lastEntry()?.matches(".assistant"));

/** Whether the last answer is whole, and nothing waits for the person: no call, no choice, no remedy. */
const hasEndedWell = () => isAnswered() && !lastEntry()?.querySelector(".ending, .ask") && !isThere("#compare-head header");

/** When the box's images are there and what was sent before is gone from it, or long after. */
async function settled() {
  for (let waited = 0; waited < PATIENCE && (isSending() || !isSettled()); waited += STEP)
    await new Promise((done) => setTimeout(done, STEP));
}
