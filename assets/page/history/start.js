// Puts the parts of the history together: for this browser's own store, or for the server's archive.

import { download, fileAddress } from "../server_messages.js";
import { Conversations } from "./conversations.js";
import { Keeper } from "../store/keeper.js";
import { ConversationList } from "./list.js";
import { Notice } from "./notice.js";
import { ServerSearch, WordSearch } from "./search.js";
import { Store } from "../store/store.js";
import { Tabs } from "./tabs.js";
import { Transfer } from "./transfer.js";

/**
 * @typedef {object} Surroundings
 * @property {boolean} isArchive
 * @property {import("../commands.js").Commands} commands
 * @property {(file: File) => Promise<{ path: string }>} upload
 * @property {import("../session/tab_storage.js").TabStorage} tab
 */

const PATIENCE = 20_000; // milliseconds for a picture

/** @param {Surroundings} surroundings */
export function startHistory({ isArchive, commands, upload, tab }) {
  const notice = new Notice();
  const keeper = isArchive ? null : browserKeeper(commands, notice);
  const search = keeper ? wordSearch(keeper) : new ServerSearch((text) => commands.search(text));
  const tabs = new Tabs((changes) => conversations.changedElsewhere(changes));
  const conversations = new Conversations({
    keeper, search, commands, upload, tab,
    tell: (trouble) => notice.tell(trouble),
    tellTabs: (change) => tabs.tell(change),
  });
  const list = new ConversationList(conversations);
  if (keeper) {
    const transfer = new Transfer({ conversations, keeper, say: (text) => notice.say(text), download });
    transfer.listen();
    conversations.exportOne = (entry) => void transfer.alone(() => transfer.exportOne(entry));
    keeper.store.database.changed = async (failed) => {
      if (failed) return notice.tell(failed.failure);
      await keeper.retry();
      await conversations.refresh();
      notice.settled();
    };
  }
  conversations.refresh().then(() => {
    if (tab.isForbidden && !notice.told.size) notice.tell("tab");
  });
  setTimeout(() => list.update(), 800);
  return { conversations, keeper, notice };
}

/**
 * @param {import("../commands.js").Commands} commands
 * @param {Notice} notice
 */
const browserKeeper = (commands, notice) =>
  new Keeper({
    store: new Store(),
    download: fetchPicture,
    sync: (id, have) => commands.sync(id, have),
    tell: (trouble) => notice.tell(trouble),
    settled: () => notice.settled(),
    persist: () => void navigator.storage?.persist?.().catch(() => false), // as it likes
  });

/** @param {Keeper} keeper */
const wordSearch = (keeper) => new WordSearch(() => keeper.words());

/**
 * A picture of the server's; null where it has it no more, undefined where it cannot be reached.
 * @param {string} path
 */
async function fetchPicture(path) {
  try {
    const answer = await fetch(fileAddress(path), { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) return await answer.blob();
    return answer.status >= 500 ? undefined : null;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return undefined;
    throw error;
  }
}
