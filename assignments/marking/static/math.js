/* How MathJax is used: on marked formulas alone, without links, and without commands that a formula
   could define for those after it. */
globalThis.MathJax = {
  loader: {
    load: [
      "core",
      "input/tex-base",
      "[tex]/ams",
      "[tex]/noerrors",
      "[tex]/noundefined",
      "output/chtml",
      "a11y/assistive-mml",
      "ui/safe",
    ],
  },
  // What cannot be set is shown as it was written.
  tex: {
    packages: { "[+]": ["ams", "noerrors", "noundefined"] },
    noundefined: { color: "", background: "", size: "" },
  },
  chtml: { scale: 0.92 },
  options: { ignoreHtmlClass: "words", processHtmlClass: "math" },
  startup: {
    pageReady: async () => {
      await globalThis.MathJax.startup.defaultPageReady();
      for (const box of document.querySelectorAll(".prose, div.math")) {
        if (box.scrollWidth > box.clientWidth) {
          box.tabIndex = 0; // what scrolls can be reached with the keyboard
        }
      }
      document.body.dataset.math = "set";
    },
  },
};
