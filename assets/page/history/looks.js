// How what the page's script itself puts into the page looks; all else is in assets/style.css.

const LOOKS = `
#storage-notice { position: fixed; z-index: 1000; left: 12px; bottom: 12px; box-sizing: border-box;
  width: min(380px, calc(100vw - 24px)); display: flex; gap: 8px; align-items: flex-start; padding: 10px 8px 10px 14px;
  border: 1px solid var(--border-color-primary, #bbb); border-left: 3px solid #fb7a12; border-radius: 10px;
  background: var(--background-fill-primary, #fff); color: var(--body-text-color, #222); font-size: 13.5px;
  line-height: 1.45; box-shadow: 0 4px 16px #0003; }
#storage-notice:not(:has(p)) { display: none; }
#storage-notice p { margin: 0; flex: 1; }
#storage-notice button { flex: none; min-width: 26px; min-height: 26px; border: 0; border-radius: 6px; background: none;
  color: inherit; cursor: pointer; }
@media (max-width: 768px) { #storage-notice { bottom: auto; top: 56px; } }
#shelf-list .unsaved { flex: none; padding: 0 6px; border-radius: 8px; font-size: 11.5px; color: #8a2c00;
  background: #ffe3c7; }
.dark #shelf-list .unsaved { color: #ffd9b5; background: #5a3310; }
#shelf-list .more { flex: 1; padding: 6px 8px; opacity: 1; font-size: 13px; text-align: left; }
`;

/** Puts them into the page. */
export function dress() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LOOKS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
