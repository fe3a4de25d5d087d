// What stands in a message can neither be used as a part of the page nor be taken for one: should an answer ever become
// elements of the browser's (a text is read as Markdown by the server and by Gradio, who may differ), they do nothing.

import { isSaid } from "./dom.js";

const CONTROLS = ["button:not(.copy_code_button)", "input", "select", "textarea", "form", "label", "dialog"];
// By a name `document` itself would get other members.
const ATTRIBUTES = ["id", "name", "form", "for", "accesskey", "contenteditable", "tabindex", "usemap", "role"];
const ARMED = `.message-content :is(${[...CONTROLS, ...ATTRIBUTES.map((name) => `[${name}]`)].join()})`;

/** From now on. */
export function disarmMessages() {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node instanceof Element) disarm(node);
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("submit", (event) => {
    if (event.target instanceof Element && isSaid(event.target)) event.preventDefault();
  }, true);
}

/** @param {Element} added */
function disarm(added) {
  // By the prototype's own, and the last first: a form's members are hidden by fields that have their names.
  const { matches, querySelectorAll } = Element.prototype;
  const found = [...querySelectorAll.call(added, ARMED)].reverse();
  if (matches.call(added, ARMED)) found.push(added);
  for (const element of found) {
    if (!isSaid(element)) continue;
    for (const name of ATTRIBUTES) if (!isOfDrawing(element, name)) Element.prototype.removeAttribute.call(element, name);
    if (element instanceof HTMLElement && matches.call(element, CONTROLS.join())) element.inert = true;
  }
}

/**
 * By an id with a number in it a diagram, and who draws it, refer to its parts; the page has none like that.
 * @param {Element} element
 * @param {string} name
 */
const isOfDrawing = (element, name) =>
  name === "id" && (element instanceof SVGElement ? /\d/ : /^[di]?mermaid-\d/).test(element.id);
