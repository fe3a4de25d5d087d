// The page's own script: ui/page.py's hidden channel component loads it and hands it what Gradio gives to a component.

import { keepAccessible } from "./accessibility.js";
import { announcer } from "./announce.js";
import { Answering } from "./answering.js";
import { hearButtons } from "./buttons.js";
import { Commands } from "./commands.js";
import { watchComposer } from "./composer.js";
import { copyAsWritten } from "./copying.js";
import { BrowserStore } from "./history/browser_store.js";
import { Conversations } from "./history/conversations.js";
import { ConversationList } from "./history/list.js";
import { hearKeys } from "./keyboard.js";
import { takePastedFiles } from "./paste.js";
import { Follower } from "./scrolling/follower.js";
import { ServerMessages, download } from "./server_messages.js";
import { uncover, uncoverAfterChoice } from "./sidebars.js";

/**
 * What Gradio's gr.HTML gives, and where the page is served: `trigger` calls the server, `upload` hands it a file.
 * @typedef {object} Channel
 * @property {string} root
 * @property {boolean} isArchive whether conversations are kept on the server, instead of in this browser
 * @property {import("./commands.js").Trigger} trigger
 * @property {(file: File) => Promise<{ path: string }>} upload
 */

/**
 * Starts the page. What it returns takes the server's messages.
 * @param {Channel} channel
 */
export function start({ root, isArchive, trigger, upload }) {
  const commands = new Commands(trigger);
  const conversations = new Conversations({
    store: isArchive ? null : new BrowserStore(),
    commands,
    upload,
    download: (path) => fetchPicture(root, path),
    session: sessionStorage,
  });
  const list = new ConversationList(conversations);
  const answering = new Answering(() => followers.forEach((follower) => follower.state.begin()));
  const followers = ["#conversation", "#compare-left", "#compare-right"].map((place) => new Follower(place, answering));
  const messages = new ServerMessages({
    current: () => conversations.current,
    show: (id) => {
      conversations.remember(id);
      uncover();
      followers.forEach((follower) => follower.state.begin());
    },
    save: (entry) => conversations.save(entry),
    list: (entries) => (conversations.entries = entries),
    download,
    refresh: () => conversations.refresh(),
    announce: announcer(),
  });

  hearButtons({ commands, conversations, answering });
  hearKeys(commands);
  uncoverAfterChoice();
  watchComposer(commands);
  takePastedFiles();
  copyAsWritten();
  keepAccessible();
  setInterval(() => followers.forEach((follower) => follower.follow()), 200);
  showFirst(conversations);
  if (isArchive) commands.list();
  conversations.refresh();
  setTimeout(() => list.draw(), 800);
  return { hear: messages.hear.bind(messages) };
}

/**
 * Opens what this tab showed last. A link that brings a question of its own begins a new conversation.
 * @param {Conversations} conversations
 */
function showFirst(conversations) {
  if (conversations.current && !new URLSearchParams(location.search).has("q"))
    setTimeout(() => conversations.open(conversations.current), 400);
}

/** @param {string} root @param {string} path */
async function fetchPicture(root, path) {
  const answer = await fetch(`${root}/gradio_api/file=${path}`);
  return answer.ok ? answer.blob() : null;
}
