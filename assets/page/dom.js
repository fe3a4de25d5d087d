// Finding and making elements, each with its type. What is found is the page's own: never what stands in a message, which
// may have any name and class.

const CONTENT = ".bubble-wrap .message-content"; // in which Gradio puts what a message says
// Gradio labels a message with the text that it was given, and the server gives no text of anybody's that begins like
// its own HTML (ui/render/markdown.py). accessibility.js puts other labels in the place of these.
const FOOT = `bot's message: <div class="foot">`;
export const FOOT_LABEL = "About the answer";

/**
 * Whether somebody's words could have made an element: it stands in a message, which is not the server's own line under
 * an answer (ui/render/message_footer.py).
 * @param {Element} element
 */
export function isSaid(element) {
  let content = null;
  for (let at = element.parentElement?.closest(CONTENT); at; at = at.parentElement?.closest(CONTENT)) content = at;
  return content !== null && !isFoot(content);
}

/** Whether the content is that of the line under an answer. @param {Element} content the outermost */
export function isFoot(content) {
  const label = content.closest("[aria-label]")?.getAttribute("aria-label") ?? "";
  return label === FOOT_LABEL || label.startsWith(FOOT);
}

/** The elements of the page's own that the selector fits. @param {string} selector */
export const findAll = (selector) => [...document.querySelectorAll(selector)].filter((element) => !isSaid(element));

/** Whether the page has an element of its own that the selector fits. @param {string} selector */
export const isThere = (selector) => findAll(selector).length > 0;

/**
 * The first element that the selector fits, if it is of this kind.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T | null}
 */
export function find(selector, kind) {
  const [found] = findAll(selector);
  return found instanceof kind ? found : null;
}

/** The box in which messages are written. */
export const messageBox = () => find("#message textarea", HTMLTextAreaElement);

/** Where the page is in its conversation, in the server's words (ui/place.py). */
export const placeHeld = () => find("#place textarea", HTMLTextAreaElement)?.value || "{}";

/**
 * The element that the event's target is, or stands in, and that the selector fits.
 * @param {Event} event
 * @param {string} selector
 */
export function closest(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found && !isSaid(found) ? found : null;
}

/**
 * A new element with these properties and attributes.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<HTMLElementTagNameMap[Name]>} properties
 * @param {Record<string, string>} attributes
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, properties, attributes = {}) {
  const made = Object.assign(document.createElement(name), properties);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
