// The pictures that messages name, and under which name this browser keeps each. Pure.

/**
 * A picture in a message: its path on the server, in an export a data URL, where it is kept its name.
 * @typedef {{ path: string }} Picture
 */

/**
 * The pictures of a message, as they stand in it: a person's are among its parts, a tool's in its result.
 * @param {unknown} message
 * @returns {Picture[]}
 */
export function picturesOf(message) {
  const { parts, result } = /** @type {{ parts?: unknown, result?: { images?: unknown } }} */ (message ?? {});
  return [parts, result?.images].flatMap((found) => (Array.isArray(found) ? found.filter(isPicture) : []));
}

/** @param {unknown} part @returns {part is Picture} */
const isPicture = (part) =>
  typeof part === "object" && part !== null && "path" in part && typeof part.path === "string";

/**
 * The name under which a picture is kept: the last part of its path, which is the hash of what it shows. The part
 * before it is a secret of the server's and another after each of its starts.
 * @param {string} path
 */
export const pictureName = (path) => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

/** The names of a message's pictures. @param {unknown} message */
export const pictureNames = (message) => picturesOf(message).map((picture) => pictureName(picture.path));

/**
 * The node with its pictures at other paths; the node itself stays as it is.
 * @template {{ message: unknown }} Node
 * @param {Node} node
 * @param {(path: string) => string} change
 * @returns {Node}
 */
export function withPaths(node, change) {
  if (!picturesOf(node.message).length) return node;
  const changed = structuredClone(node);
  for (const picture of picturesOf(changed.message)) picture.path = change(picture.path);
  return changed;
}
