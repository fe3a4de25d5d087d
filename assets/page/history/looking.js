// A page that is looked at again shows what others have done with the archive meanwhile, in whatever browser.

const PAUSE = 1000; // milliseconds between two looks: a tab that is come back to is made visible and has the focus

/**
 * @param {() => Promise<boolean>} isThere whether the server can be reached
 * @param {() => void} look
 */
export function whenLookedAt(isThere, look) {
  let lookedAt = -Infinity;
  const looks = async () => {
    if (document.visibilityState !== "visible" || performance.now() - lookedAt < PAUSE) return;
    lookedAt = performance.now();
    if (await isThere()) look();
  };
  addEventListener("focus", looks);
  document.addEventListener("visibilitychange", looks);
}
