// The page's own script: ui/page.py's hidden channel component loads it and hands it what Gradio gives to a component.

import { keepAccessible } from "./accessibility.js";
import { announcer } from "./announce.js";
import { Answering } from "./answering.js";
import { hearButtons } from "./buttons.js";
import { Commands } from "./commands.js";
import { compose } from "./composer/compose.js";
import { drawStrip } from "./composer/strip.js";
import { copyAnywhere, writeClipboard } from "./devices/clipboard.js";
import { watchDialogs } from "./layout/dialogs.js";
import { closest } from "./dom.js";
import { whenLookedAt } from "./history/looking.js";
import { Examples } from "./history/examples.js";
import { startHistory } from "./history/start.js";
import { hearHeader } from "./layout/header.js";
import { hearKeys } from "./keyboard.js";
import { Follower } from "./scrolling/follower.js";
import { ServerMessages, download, fileAddress } from "./server_messages.js";
import { Draft } from "./session/draft.js";
import { takeLink } from "./session/link.js";
import { watchName } from "./session/naming.js";
import { rememberPrivate } from "./session/private.js";
import { OtherTabs } from "./session/other_tabs.js";
import { Resuming } from "./session/resuming.js";
import { Returning } from "./session/returning.js";
import { TabStorage } from "./session/tab_storage.js";
import { watchMenus } from "./layout/menus.js";
import { nameSettings } from "./layout/settings.js";
import { ToolList } from "./layout/tool_list.js";
import { uncover, watchSidebars } from "./layout/sidebars.js";
import { prepareToasts, toast } from "./layout/toast.js";
import { TabTitle } from "./tab_title.js";
import { hearAnswers } from "./transcript/answers.js";
import { enlargeImages } from "./transcript/enlarge.js";
import { showSent, takeAway } from "./transcript/pending.js";
import { Shown } from "./transcript/shown.js";
import { Sources } from "./transcript/sources.js";
import texts from "./texts.js";
import { Approvals } from "./views/approval.js";
import { Batches } from "./views/batch.js";
import { CodeDialog } from "./views/code.js";
import { watchComparison } from "./views/compare.js";
import { watchInspector } from "./views/inspector.js";

/**
 * What Gradio's gr.HTML gives: `trigger` calls the server, `upload` hands it a file.
 * @typedef {object} Channel
 * @property {boolean} isArchive whether conversations are kept on the server, instead of in this browser
 * @property {boolean} hasPrompts whether the server knows what a model was sent
 * @property {import("./commands.js").Trigger} trigger
 * @property {(file: File) => Promise<{ path: string }>} upload
 */

/**
 * Starts the page. What it returns takes the server's messages.
 * @param {Channel} channel
 */
export function start({ isArchive, hasPrompts, trigger, upload }) {
  document.body.classList.toggle("no-prompts", !hasPrompts);
  const commands = new Commands(trigger);
  const tab = new TabStorage();
  const { conversations, keeper } = startHistory({ isArchive, commands, upload, tab });
  const answering = new Answering(() => followers.forEach((follower) => follower.state.begin()));
  const followers = ["#conversation", "#compare-left", "#compare-right"].map((place) => new Follower(place, answering));
  const draft = new Draft(tab);
  const others = new OtherTabs(() => tab.get("page"));
  const returning = new Returning({
    conversations, commands, tab, draft,
    isElsewhere: (page) => others.have(page),
    ready: () => (document.documentElement.dataset.ready = ""), // early_box.js waits for it
  });
  const resuming = new Resuming({
    isAnswering: () => answering.look(),
    resume: () => returning.resume(),
    probe: isThere,
  });
  const sources = new Sources(commands);
  const examples = new Examples(conversations);
  const code = new CodeDialog(commands);
  const approvals = new Approvals(commands);
  const conversation = new Shown({ commands, followers });
  const announce = announcer();
  const title = new TabTitle(() => conversations.title);
  const composing = compose({ commands, answering, tab, draft, upload });
  const messages = new ServerMessages({
    heard: () => resuming.heard(),
    show: ({ id, page, isBegun }) => {
      const before = conversations.current;
      returning.shown({ page });
      if (id === undefined || !conversations.show(id)) return;
      draft.elsewhere();
      if (!isBegun) composing.moveTo(before, id);
      uncover();
      followers.forEach((follower) => follower.state.begin());
    },
    sent: (text) => draft.forget(text),
    save: async (save) => keeper?.save(save),
    list: (entries) => conversations.list(entries),
    found: (found) => conversations.found(found),
    lost: () => returning.lost(),
    lend: (ids) => examples.lend(ids),
    source: ({ index, text }) => sources.take(index, text),
    ...composing.receiver,
    formatted: ({ key, blocks }) => conversation.format(key, blocks),
    download: ({ name, type, text, path }) =>
      download(name, path === undefined ? new Blob([text ?? ""], { type }) : fileAddress(path)),
    code: (told) => code.take(told),
    copy: (text) => {
      writeClipboard(text);
      toast(texts.inspector.copied);
    },
    refused: () => {
      takeAway();
      draft.refused();
    },
    announce: (ending) => {
      announce(ending);
      title.ended();
    },
  });

  hearButtons({ commands, sources, examples, code });
  code.watch();
  examples.watch();
  hearAnswers(commands);
  hearKeys(commands);
  hearHeader();
  nameSettings();
  const tools = new ToolList();
  tools.watch();
  prepareToasts();
  watchMenus();
  watchDialogs();
  approvals.watch();
  watchInspector(commands);
  watchComparison();
  const batches = new Batches({ tab, upload, named: (page) => returning.named(page) });
  watchSidebars();
  showSent(() => answering.look(), (text) => draft.settle(text));
  addEventListener("sent", () => followers.forEach((follower) => follower.followAnew()));
  enlargeImages();
  title.watch();
  copyAnywhere();
  keepAccessible();
  setInterval(() => followers.forEach((follower) => follower.follow()), 200);
  if (isArchive) useArchive(commands, conversations);
  draft.watch();
  rememberPrivate(tab);
  watchName((page) => returning.named(page));
  takeLink();
  resuming.watch();
  returning.begin(location.search);
  batches.begin();
  /** @type {Shown["draw"]} */
  const draw = (told) => {
    conversation.draw(told);
    approvals.look();
  };
  return { hear: messages.hear.bind(messages), draw, strip: drawStrip, tools: tools.draw.bind(tools) };
}

/**
 * @param {Commands} commands
 * @param {import("./history/conversations.js").Conversations} conversations
 */
function useArchive(commands, conversations) {
  whenLookedAt(isThere, () => conversations.refresh());
  document.addEventListener("click", (event) => closest(event, "#export-all") && commands.exportAll());
}

/** Whether the server can be reached. */
async function isThere() {
  try {
    return (await fetch("gradio_api/app_id", { signal: AbortSignal.timeout(4000) })).ok;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}
