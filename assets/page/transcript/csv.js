// A table as a spreadsheet reads it: comma-separated values (RFC 4180).

/** @param {Element} figure that the table stands in */
export function asCsv(figure) {
  const rows = [...figure.querySelectorAll("tr")];
  return rows.map((row) => [...row.children].map((cell) => quoted(written(cell).trim())).join(",")).join("\r\n");
}

/** What was written in a cell: a formula in its own signs, and what breaks a line. @param {Node} node @returns {string} */
function written(node) {
  if (!(node instanceof Element)) return node.textContent ?? "";
  if (node.matches(".formula")) return `$${node.getAttribute("title") ?? ""}$`;
  if (node.matches("br")) return "\n";
  return [...node.childNodes].map(written).join("");
}

// What a spreadsheet would take for a formula, which may ask an address for something: a quote before it has it for a text.
const ACTS = /^=|^[-+@].*[(|!]/s;

/** @param {string} text */
const quoted = (text) => escaped(ACTS.test(text) ? `'${text}` : text);

/** @param {string} text */
const escaped = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
