// What is copied or edited is what was written, however it had to be changed to be shown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceText } from "../../assets/page/source_text.js";

const escaped = (text) => text.replace(/[<$&]/g, (sign) => `&#x0000${sign.charCodeAt(0).toString(16)};`);

test("a text that nothing was done to stays as it is", () => {
  const texts = ["", "Hello", "a < b && c > d", "&lt; &amp; &#36; &#x24;", "# a\n\n\t- b  ", "<pre>x</pre>", "é 🙂"];
  for (const text of texts)
    assert.equal(sourceText(text), text);
});

test("prices, tags and ampersands that were shown as signs are copied as they were written", () => {
  for (const text of ["$5 and $10", "<title>$HOME</title> &amp; more", "a<b and c>d &lt; e"])
    assert.equal(sourceText(escaped(text)), text);
});

test("a formula is copied with the delimiters that it was written with", () => {
  const shown = "\ufdd0x^2\ufdd1 \ufdd2y\ufdd3 \ufdd4a<b\ufdd5 \ufdd6z\ufdd7";
  assert.equal(sourceText(shown), "$x^2$ $$y$$ \\(a<b\\) \\[z\\]");
});

test("a picture that is not shown is copied as a picture", () => {
  assert.equal(sourceText("see [picture&#x00003a; a](//x/a.png)"), "see ![a](//x/a.png)");
});

test("a message of the user's is copied without the element that keeps its blanks, and named with its text", () => {
  const typed = "  two  blanks\n\n\tand </pre> within\n";
  assert.equal(sourceText(`<pre class="typed">\n${escaped(typed)}</pre>`), typed);
  assert.equal(sourceText(`user's message: <pre class="typed">\n${escaped(typed)}</pre>`), `user's message: ${typed}`);
});

test("parts of an answer that were shown as they are are copied as they were written", () => {
  const part = (text) => `\n<pre class="&#x000074;yped">\n${escaped(text)}</pre>\n`;
  for (const [before, heavy, after] of [["a\n", "| <b> $ |\n\n", "\nb"], ["", "*a_", ""], ["\n", "\n", "\n\n"]])
    assert.equal(sourceText(`${before}${part(heavy)}${after}${part(heavy)}`), `${before}${heavy}${after}${heavy}`);
});

test("an element like that which the text itself quotes stays", () => {
  const text = 'write <pre class="typed">\nx</pre> here';
  assert.equal(sourceText(text), text);
});

test("a sign is changed back once: what looks like one afterwards stays", () => {
  assert.equal(sourceText(escaped("&#x000024;")), "&#x000024;");
});

test("a long text takes no time that a reader would notice", () => {
  const long = `<pre class="typed">\n${"</pre>&#x0000[picture ".repeat(100_000)}`;
  const begun = performance.now();
  sourceText(long);
  sourceText('<pre class="&#x000074;yped">\n'.repeat(50_000));
  assert.ok(performance.now() - begun < 2000);
});
