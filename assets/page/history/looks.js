// How what the page's script itself puts into the page looks; all else is in assets/styles.

const LOOKS = `
#storage-notice { position: fixed; z-index: 1000; left: 12px; bottom: 12px; box-sizing: border-box;
  width: 256px; display: flex; gap: 8px; align-items: flex-start; padding: 10px 8px 10px 14px;
  border: 1px solid var(--border-color-primary, #bbb); border-left: 3px solid #fb7a12; border-radius: 10px;
  background: var(--background-fill-primary, #fff); color: var(--body-text-color, #222);
  font: 13.5px/1.45 var(--font, sans-serif); box-shadow: 0 4px 16px #0003; }
#storage-notice:not(:has(p)) { display: none; }
#storage-notice p { margin: 0; flex: 1; }
#storage-notice button { flex: none; min-width: 26px; min-height: 26px; border: 0; border-radius: 6px; background: none;
  color: inherit; cursor: pointer; }
@media (max-width: 768px) { #storage-notice { bottom: auto; top: 56px; width: auto; right: 12px; } }
#shelf-list li:has(.unsaved) { flex-wrap: wrap; }
#shelf-list .unsaved { order: 1; flex: 0 0 100%; padding: 0 8px 6px; font-size: 12px; color: #8a2c00; }
.dark #shelf-list .unsaved { color: #ffb27a; }
#shelf-list .more { flex: 1; padding: 6px 8px; opacity: 1; font-size: 13px; text-align: left; }
`;

/** Puts them into the page. */
export function dress() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LOOKS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
