// A message can be written before the page is there: in a box of the document's own, which stands where the page's will,
// and hands over to that what was written. It is no module, and runs as soon as its box is there.

(() => {
  const TRIES = 60; // frames in which the page's box may still be emptied by what makes it
  const early = document.getElementById("early");
  const box = early?.querySelector("textarea");
  /** @type {{ auth_required?: boolean }} */
  const { auth_required: asksWho = false } = Reflect.get(window, "gradio_config") ?? {};
  if (!early || !box || asksWho) return early?.remove();

  let isComposing = false; // by an input method, whose word would be torn apart
  let isSent = false; // as soon as it can be
  try {
    early.classList.toggle("low", Boolean(sessionStorage.getItem("current"))); // a chat comes back, above the box
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // the browser forbids it
  }
  const isTouch = matchMedia("(pointer: coarse) and (hover: none)").matches;
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

  /** @param {HTMLTextAreaElement} theirs */
  const handOver = (theirs) => {
    const { value, selectionStart, selectionEnd } = box;
    const hasFocus = document.activeElement === box;
    early.remove();
    if (hasFocus) theirs.focus();
    if (!value) return;
    let tries = 0;
    const put = () => {
      tries += 1;
      if (theirs.isConnected && !theirs.value) {
        theirs.value = value;
        theirs.dispatchEvent(new Event("input", { bubbles: true }));
        if (hasFocus) theirs.setSelectionRange(selectionStart, selectionEnd);
      }
      const send = document.querySelector("#message .submit-button");
      if (isSent && tries > 2 && send instanceof HTMLButtonElement && !send.disabled) send.click();
      else if (tries < TRIES) requestAnimationFrame(put);
    };
    put();
  };
  const look = () => {
    const theirs = document.querySelector("#message textarea");
    if (isComposing || !(theirs instanceof HTMLTextAreaElement)) return;
    watching.disconnect();
    handOver(theirs);
  };
  const watching = new MutationObserver(look);
  watching.observe(document.documentElement, { childList: true, subtree: true });
})();
