// A message can be written before the page is there: in a box of the document's own, which stands where the page's will,
// and hands over to that what was written. It is no module, and runs as soon as its box is there.

(() => {
  const TRIES = 60; // frames in which the page's box may still be emptied by what makes it
  const LOOK = 100; // milliseconds between two looks whether the page can send what is to be sent
  const PATIENCE = 30_000; // of them, after which a person has to send it
  const early = document.getElementById("early");
  const [box, send] = [early?.querySelector("textarea"), early?.querySelector("button")];
  /** @type {{ auth_required?: boolean }} */
  const { auth_required: asksWho = false } = Reflect.get(window, "gradio_config") ?? {};
  // What a link brings, a question or settings, the page has from the server: nothing is to be sent before.
  const isLink = [...new URLSearchParams(location.search).keys()].some((name) => !name.startsWith("__"));
  if (!early || !box || !send || asksWho || isLink) return early?.remove();

  /**
   * What the tab remembers (session/tab_storage.js), or remembers from now on.
   * @param {"current" | "private" | "draft"} name
   * @param {string} [value]
   */
  const kept = (name, value) => {
    try {
      if (value !== undefined) sessionStorage.setItem(name, value);
      return sessionStorage.getItem(name) ?? "";
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // the browser forbids it
      return "";
    }
  };
  const isTouch = matchMedia("(pointer: coarse) and (hover: none)").matches;
  let isComposing = false; // by an input method, whose word would be torn apart
  let isSent = false; // as soon as it can be

  early.classList.toggle("low", kept("current") !== ""); // a chat comes back, above the box
  early.hidden = false;
  if (!isTouch) box.focus();
  box.addEventListener("compositionstart", () => (isComposing = true));
  box.addEventListener("compositionend", () => {
    isComposing = false;
    look();
  });
  box.addEventListener("input", () => {
    isSent = false;
    early.classList.toggle("written", box.value.trim() !== "");
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || isTouch || isComposing || event.keyCode === 229) return;
    event.preventDefault();
    isSent = box.value.trim() !== "";
  });
  send.addEventListener("mousedown", (event) => event.preventDefault()); // one writes on
  send.addEventListener("click", () => {
    isSent = box.value.trim() !== "";
    isComposing = false; // keyboards of phones compose each word until the next: nobody waits for that to send
    look();
  });
  addEventListener("pagehide", () => {
    if (early.isConnected && box.value) kept("draft", [kept("draft"), box.value].filter(Boolean).join("\n\n"));
  });

  const messageBox = () => {
    const found = document.querySelector("#message textarea");
    return found instanceof HTMLTextAreaElement ? found : null;
  };
  /** Whether the page shows what this tab had: before, a message would go to another chat, or be kept that is not to be. */
  const isReady = () => "ready" in document.documentElement.dataset &&
    (kept("private") === "" || document.querySelector("#private input:checked") !== null);

  /** @param {HTMLTextAreaElement} first the page's box, which may be made anew */
  const handOver = (first) => {
    let { value } = box;
    const { selectionStart, selectionEnd } = box;
    const hasFocus = document.activeElement === box;
    early.remove();
    if (hasFocus) first.focus();
    if (!value) return;
    let isOver = false; // it is sent, or the person has gone on: a box that is emptied from now on stays empty
    const end = (/** @type {Event} */ event) => (isOver ||= event.isTrusted);
    addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("button, a, input")) end(event); // of another chat, say
    }, true);
    addEventListener("keydown", (event) => event.key === "Enter" && !event.shiftKey && !isTouch && end(event), true);
    addEventListener("input", (event) => {
      if (!event.isTrusted || event.target !== messageBox()) return;
      value = messageBox()?.value ?? "";
      isSent = false;
    }, true);
    const put = (tries = TRIES) => {
      const theirs = messageBox();
      if (isOver) return;
      if (theirs && !theirs.value && value) {
        theirs.value = value;
        theirs.dispatchEvent(new Event("input", { bubbles: true }));
        if (hasFocus) theirs.setSelectionRange(selectionStart, selectionEnd);
      }
      if (tries > 1) requestAnimationFrame(() => put(tries - 1));
    };
    put();
    const until = performance.now() + PATIENCE;
    const press = (wasReady = false) => {
      const button = document.querySelector("#message .submit-button");
      if (!isSent || isOver || performance.now() > until) return;
      isOver = wasReady && messageBox()?.value === value && button instanceof HTMLButtonElement && !button.disabled;
      if (isOver && button instanceof HTMLButtonElement) button.click();
      else setTimeout(() => press(isReady()), LOOK);
    };
    press();
  };
  const look = () => {
    const theirs = messageBox();
    if (isComposing || !theirs) return;
    watching.disconnect();
    handOver(theirs);
  };
  const watching = new MutationObserver(look);
  watching.observe(document.documentElement, { childList: true, subtree: true });
})();
