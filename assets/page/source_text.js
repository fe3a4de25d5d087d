// What Gradio is given to show a text as it was written (ui/render/markdown.py), changed back to that text. Pure.

const DRAWN = ["$", "$", "$$", "$$", "\\(", "\\)", "\\[", "\\]"]; // what the signs from U+FDD0 on stand for

/**
 * The text as it was written.
 * @param {string} shown
 */
export function sourceText(shown) {
  return shown
    .replace(/^(user's message: )?<pre class="typed">\n([\s\S]*)<\/pre>$/, "$1$2")
    .replace(/\n?<pre class="&#x000074;yped">\n([^<]*)<\/pre>\n?/g, "$1")
    .replaceAll("[picture&#x00003a; ", "![")
    .replace(/[\ufdd0-\ufdd7]/g, (sign) => DRAWN[sign.charCodeAt(0) - 0xfdd0] ?? sign)
    .replace(/&#x0000([0-9a-f]{2});/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
}
