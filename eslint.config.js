// What eslint recommends, for the page's modules in a browser and for their tests in node.

import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["assets/page/vendor/"] }, // others' code, as it is
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" }, rules: { eqeqeq: "error", "prefer-const": "error" } },
  { files: ["assets/page/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/page/*.js", "eslint.config.js"], languageOptions: { globals: { ...globals.nodeBuiltin, indexedDB: "readonly" } } },
];
