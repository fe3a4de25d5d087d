// Finding and making elements, each with its type.

/** The elements of the page's own that the selector fits. @param {string} selector */
export const findAll = (selector) => [...document.querySelectorAll(selector)];

/** Whether the page has an element of its own that the selector fits. @param {string} selector */
export const isThere = (selector) => document.querySelector(selector) !== null;

/**
 * The first element that the selector fits, if it is of this kind.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T | null}
 */
export function find(selector, kind) {
  const found = document.querySelector(selector);
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
  return event.target instanceof Element ? event.target.closest(selector) : null;
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

/**
 * Whether a key is an input method's, which composes a letter by it: Safari says so of the last one by its code alone.
 * @param {{ isComposing?: boolean, keyCode?: number }} pressed
 */
export const isInputMethods = ({ isComposing, keyCode }) => Boolean(isComposing) || keyCode === 229;
