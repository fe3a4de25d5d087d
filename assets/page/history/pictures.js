// Which pictures the body of a kept conversation names, and under which name this browser keeps each. Pure.

/**
 * The paths of its pictures on the server.
 * @param {string} body
 * @returns {string[]}
 */
export function picturePaths(body) {
  return [...body.matchAll(/"path": ?"([^"]+\.png)"/g)].map((match) => JSON.parse(`"${match[1]}"`));
}

/**
 * The name under which a picture is kept: the last part of its path.
 * @param {string} path
 */
export const pictureName = (path) => path.slice(path.lastIndexOf("/") + 1);

/**
 * The body with a picture at another path.
 * @param {string} body
 * @param {string} from
 * @param {string} to
 */
export const withPath = (body, from, to) => body.replaceAll(JSON.stringify(from), () => JSON.stringify(to));

/**
 * Those of the pictures kept that none of the bodies names.
 * @param {readonly string[]} names
 * @param {readonly string[]} bodies
 */
export function unusedPictures(names, bodies) {
  const used = new Set(bodies.flatMap((body) => picturePaths(body).map(pictureName)));
  return names.filter((name) => !used.has(name));
}
