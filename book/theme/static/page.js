/* What every page does: theme, contents on a phone, copy buttons, the section in view. */
(function () {
  "use strict";
  const root = document.documentElement;
  const CODE =
    ".cell_input pre, .run pre, .cite pre, :is(article, section) > div[class^=highlight] pre";
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function keep(choice) {
    try {
      if (choice === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", choice);
    } catch { /* private mode: the choice lasts for this page */ }
  }

  function themes() {
    const button = document.querySelector(".theme-button");
    const next = { auto: "light", light: "dark", dark: "auto" };
    const show = () => {
      const choice = root.dataset.choice;
      root.dataset.theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
      button.textContent = `Theme: ${choice}`;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.choice = next[root.dataset.choice];
      keep(root.dataset.choice);
      show();
    });
    dark.addEventListener("change", show);
    addEventListener("beforeprint", () => {
      root.dataset.theme = "light";
    });
    addEventListener("afterprint", show);
    show();
  }

  function menu() {
    const button = document.querySelector(".menu-button");
    const set = (open) => {
      button.setAttribute("aria-expanded", String(open));
      document.body.classList.toggle("menu-open", open);
    };
    button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
    document.getElementById("contents").addEventListener("click", (event) => {
      if (event.target.closest("a")) set(false);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
        set(false);
        button.focus();
      }
    });
  }

  function copyText(text) {
    if (navigator.clipboard && globalThis.isSecureContext) {
      return navigator.clipboard.writeText(text);
    }
    const area = Object.assign(document.createElement("textarea"), {
      value: text,
      className: "unseen",
    });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copying is not allowed here"));
  }

  /** Code as one would type it, without the prompts and outputs of an interactive session. */
  function typed(block) {
    const text = block.textContent.replace(/\n$/, "");
    if (!block.closest(".highlight-pycon")) return text;
    const lines = text.split("\n").filter((line) => /^(>>>|\.\.\.)/.test(line));
    return lines.map((line) => line.slice(4)).join("\n");
  }

  function copyButtons() {
    for (const block of document.querySelectorAll(CODE)) {
      const code = typed(block);
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        className: "copy",
        textContent: "Copy",
      });
      button.setAttribute(
        "aria-label",
        block.closest(".cite") ? "Copy the entry" : "Copy this code",
      );
      button.addEventListener("click", async () => {
        try {
          await copyText(code);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Select and copy by hand";
        }
        setTimeout(() => {
          button.textContent = "Copy";
        }, 1600);
      });
      const holder = document.createElement("div");
      holder.className = "with-copy";
      block.replaceWith(holder);
      holder.append(block, button);
    }
  }

  /** What scrolls sideways inside its own box must be reachable by keyboard. */
  function reachable() {
    // What is folded has no width yet: to ask for it costs more than all the rest of this script.
    const boxes = [...document.querySelectorAll("pre, .picture, div.math, .table")]
      .filter((box) => !box.closest("details:not([open])"));
    // All are measured before one is changed: a change asks for the styles of the page anew.
    const wide = boxes.map((box) => box.scrollWidth > box.clientWidth);
    boxes.forEach((box, i) => {
      if (wide[i]) {
        box.tabIndex = 0;
        if (!box.matches("pre")) {
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", "Scrolls sideways");
        }
      } else if (box.tabIndex === 0) {
        for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      }
    });
  }

  function sectionInView() {
    const links = new Map(
      [...document.querySelectorAll(".sections a")].map((a) => [a.hash.slice(1), a]),
    );
    if (!links.size || !globalThis.IntersectionObserver) return;
    const seen = new Set();
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) seen.add(entry.target.id);
        else seen.delete(entry.target.id);
      }
      const current = [...links.keys()].filter((id) => seen.has(id)).pop();
      if (!current) return;
      for (const [id, link] of links) {
        if (id === current) link.setAttribute("aria-current", "location");
        else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "0px 0px -70% 0px" });
    for (const id of links.keys()) {
      const section = document.getElementById(id);
      if (section) watcher.observe(section);
    }
  }

  themes();
  menu();
  copyButtons();
  sectionInView();
  addEventListener("resize", reachable);
  addEventListener("load", reachable);
  addEventListener("toggle", reachable, true); // what was folded has its width only now
})();
