// What a message may have, as the server has written it beside the menu of images: it refuses more.

import { find } from "../dom.js";

/** How many images, and how large each may be. @returns {{ images: number, mb: number }} */
export function limits() {
  const { mostImages = "Infinity", mostMb = "Infinity" } = find("#add [data-most-mb]", HTMLElement)?.dataset ?? {};
  return { images: Number(mostImages), mb: Number(mostMb) };
}
