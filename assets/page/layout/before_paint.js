// How the page is at its first sight: dark or light, and which of its sides are open. It stands in the document itself and
// runs before anything is drawn, so that nothing moves once the rest is there; so it is no module, and imports nothing.

(() => {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("__theme"); // as Gradio has it
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const dress = () => root.classList.toggle("dark", asked === "dark" || (asked !== "light" && darkness.matches));
  dress();
  darkness.addEventListener("change", dress);

  /** @param {string} side */
  const kept = (side) => {
    try {
      return localStorage.getItem(`sidebar-${side}`);
    } catch {
      return null; // where the browser keeps nothing
    }
  };
  // Where one covers the page it begins closed; where there is room for one, the chats are the one.
  const hides = (root.dataset.hides ?? "").split(" "); // what is not there at all: web/document/head.py
  const isNarrow = matchMedia("(max-width: 768px)").matches;
  root.dataset.shelf = !hides.includes("history") && !isNarrow && (kept("shelf") ?? (innerWidth > 1000 ? "open" : "")) === "open" ? "open" : "closed";
  root.dataset.panel = !hides.includes("settings") && innerWidth > 1500 && kept("panel") === "open" ? "open" : "closed";

  // What is drawn in pieces would move about: it is seen once the box is there.
  const watching = new MutationObserver(() => document.querySelector("#message textarea") && shown());
  const shown = () => {
    watching.disconnect();
    root.dataset.shown = "";
  };
  watching.observe(root, { childList: true, subtree: true });
  setTimeout(shown, 10_000);
})();
