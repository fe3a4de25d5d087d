// The dialog of the keys.

import { findAll } from "../dom.js";
import { openDialog } from "./dialogs.js";

/** Shows the keys, by the names that they have on this machine. */
export function showKeys() {
  if (/Mac|iPhone|iPad/.test(navigator.platform))
    for (const key of findAll("#shortcuts kbd")) if (key.textContent === "Alt") key.textContent = "⌥ Option";
  openDialog("shortcuts");
}
