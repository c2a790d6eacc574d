/* Makes of a page of the site what a book without scripts can hold. Run by prepare.py. */
globalThis.prepare = (function () {
  "use strict";
  const SITE = "https://site.invalid/"; // stands for the site's address until the volume is written
  const GONE = "script, button, .run, .runner, .cite, .copy, .paperless, .headerlink";
  const COLORED = new Set("k kn kc ow kd c c1 cm s1 s2 sd s sa si nf nc gp".split(" ")); // in text.css

  const make = (doc, tag, attributes = {}, ...children) => {
    const made = doc.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const plain = (element) => element.textContent.replace(/\\[()]/g, "").replace(/\s+/g, " ").trim();

  /** Pictures take the place of what needs a script; a link leads to the live one. */
  function still(article, page) {
    for (const live of article.querySelectorAll(".live, .laboratory")) {
      const fallback = live.querySelector("noscript");
      const image = fallback?.querySelector("img");
      if (!image) {
        live.replaceWith(...(fallback?.childNodes ?? []));
        continue;
      }
      const figure = live.closest("figure")?.id;
      const place = `${page.name}.html${figure ? `#${figure}` : ""}`;
      const doc = article.ownerDocument;
      const link = make(doc, "a", { href: `${SITE}${place}`, class: "live-link" });
      link.append("Move it in the browser");
      const where = make(doc, "p", { class: "live-at" }, link);
      live.replaceWith(make(doc, "div", { class: "still" }, image, where));
    }
  }

  /** Without the spans that no style sheet speaks of, which are most of the elements of a page. */
  function lighten(article) {
    const idle = "span.pre, span.std, a > span:not([class]), .highlight pre span";
    for (const span of article.querySelectorAll(idle)) {
      if (![...span.classList].some((name) => COLORED.has(name))) {
        span.replaceWith(...span.childNodes);
      }
    }
    article.normalize();
  }

  /** An id is unique in the volume; links lead inward where they can. */
  function join(article, page, keys) {
    const mine = (id) => `${page.key}--${id}`;
    const here = `${SITE}${page.name}.html`;
    for (const element of [article, ...article.querySelectorAll("*")]) {
      for (const { name, value } of [...element.attributes]) {
        if (name === "id") element.id = mine(value);
        else if (value.includes("url(#")) {
          element.setAttribute(
            name,
            value.replace(/url\(#([^)]+)\)/g, (_, id) => `url(#${mine(id)})`),
          );
        } else if (name === "href" && element.localName !== "a") {
          if (value.startsWith("#")) element.setAttribute(name, `#${mine(value.slice(1))}`);
        } else if (name === "href" && element.matches(".experiment")) {
          element.href = new URL(value, here).href; // only the site can answer
        } else if (name === "href" && !element.matches(".live-link")) {
          element.setAttribute(name, target(value, here, keys));
        } else if (name === "src") {
          element.setAttribute(name, new URL(value, here).href.slice(SITE.length));
        } else if (/^(aria-labelledby|aria-describedby|for)$/.test(name)) {
          element.setAttribute(name, value.split(" ").map(mine).join(" "));
        } else if (name === "style" && /^\s*--/.test(value)) element.removeAttribute(name);
        else if (name === "tabindex") element.removeAttribute(name);
      }
    }
    article.id = page.key;
  }

  function target(href, here, keys) {
    const url = new URL(href, here);
    if (!url.href.startsWith(SITE)) return url.href;
    const key = keys[decodeURIComponent(url.pathname.slice(1)).replace(/\.html$/, "")];
    if (!key || !url.pathname.endsWith(".html")) return url.href;
    return url.hash ? `#${key}--${decodeURIComponent(url.hash.slice(1))}` : `#${key}`;
  }

  /** What the reader was asked before an answer: the bold start of a paragraph, or the section. */
  function asked(details, counts) {
    const section = details.closest("section");
    const title = section ? plain(section.querySelector("h1, h2, h3, h4")) : "";
    if (details.closest(".cell")?.querySelector(".cell_output details") === details) {
      counts.set(section, (counts.get(section) ?? 0) + 1);
      return `${title}, question ${counts.get(section)}`;
    }
    let before = details.previousElementSibling;
    while (before && !(before.matches("p") && before.firstElementChild?.matches("strong"))) {
      before = before.previousElementSibling;
    }
    const bold = before ? plain(before.firstElementChild) : "";
    return /^(Exercise|Task|Question)\b/.test(bold) ? bold.replace(/\.$/, "") : title;
  }

  /** Move what is folded to an appendix ("appendix"), or show it where it is ("place"). */
  function unfold(article, page, how) {
    const doc = article.ownerDocument;
    const moved = { answers: [], code: [] };
    const counts = new Map();
    const folds = [...article.querySelectorAll("details")].filter(
      (details) => !details.parentElement.closest("details"),
    );
    let last = null;
    for (const details of folds) {
      const summary = plain(details.querySelector("summary"));
      const kind = details.matches(".fold-input") ? "code" : "answers";
      const label = asked(details, counts);
      details.querySelector("summary").remove();
      const content = [...details.childNodes];
      if (how === "place") {
        const head = make(
          doc,
          "p",
          { class: "unfolded-label" },
          summary.replace("Show the c", "C"),
        );
        details.replaceWith(
          make(doc, "div", { class: `unfolded unfolded-${kind}` }, head, ...content),
        );
        continue;
      }
      const follows = last && kind === "answers" && details.previousElementSibling === last.left;
      if (follows) {
        details.remove();
        last.entry.append(make(doc, "p", { class: "unfolded-label" }, summary), ...content);
        continue;
      }
      const id = `${page.key}--${kind}-${moved[kind].length + 1}`;
      const page_ = make(doc, "span", { class: "page-of", "data-page-of": id });
      const words = kind === "code" ? "Code" : summary;
      const link = make(doc, "a", { href: `#${id}` }, words, page_);
      const left = make(doc, "p", { class: "away", id: `${id}-from` }, link);
      details.replaceWith(left);
      const entry = make(doc, "div", { class: "entry", id }, ...content);
      moved[kind].push({ id, label, summary, entry });
      last = { left, entry };
    }
    return moved;
  }

  const known = new Map(); // the same few symbols make most of the formulas
  function formula(doc, element, target) {
    const text = element.textContent.trim();
    const display = element.matches("div");
    const tex = text.replace(/^\\[([]|\\[)\]]$/g, "").trim();
    const key = `${target} ${display} ${tex}`;
    if (!known.has(key)) known.set(key, typeset(doc, tex, display, target));
    return known.get(key).map((node) => doc.importNode(node, true));
  }

  function typeset(doc, tex, display, target) {
    if (target === "chtml") {
      const made = doc.adoptNode(globalThis.MathJax.tex2chtml(tex, { display }));
      made.querySelector("mjx-assistive-mml")?.remove();
      made.setAttribute("role", "img");
      made.setAttribute("aria-label", `Formula: ${tex.replace(/\s+/g, " ")}`);
      made.removeAttribute("tabindex");
      // Chromium tags only what has text of its own, which the glyphs of a style sheet are not.
      made.append(make(doc, "span", { class: "spoken" }, "\u00a0"));
      return [made];
    }
    const holder = make(doc, "div");
    holder.innerHTML = globalThis.MathJax.tex2mml(tex, { display });
    for (const part of holder.querySelectorAll("*")) {
      for (const { name } of [...part.attributes]) {
        if (name.startsWith("data-")) part.removeAttribute(name);
      }
    }
    holder.firstElementChild.setAttribute("alttext", tex.replace(/\s+/g, " "));
    return [...holder.childNodes];
  }

  /** Set the formulas: for the eye ("chtml"), or as MathML ("mathml"). */
  function formulas(root, target) {
    for (const element of [...root.querySelectorAll(".math")]) {
      const number = element.querySelector(".eqno");
      number?.remove();
      const set = formula(root.ownerDocument, element, target);
      element.replaceChildren(...(number ? [number] : []), ...set);
    }
    if (root.querySelector("merror, mjx-merror")) {
      throw new Error(`a formula of ${root.id} could not be set`);
    }
  }

  function headings(article) {
    return [...article.querySelectorAll("h1, h2, h3, h4")].map((heading) => {
      const section = heading.parentElement;
      const first = section.matches("section[id]") && section.firstElementChild === heading;
      const id = heading.id || (first ? section.id : article.id);
      return { level: Number(heading.localName[1]), id, text: plain(heading) };
    });
  }

  const written = (element) => new XMLSerializer().serializeToString(element);

  async function prepare(page, { keys, folded, math }) {
    await globalThis.MathJax.startup.promise;
    const doc = new DOMParser().parseFromString(page.html, "text/html");
    const article = doc.querySelector("article.page");
    if (!article) throw new Error(`${page.name} has no text`);
    for (const gone of article.querySelectorAll(GONE)) {
      if (!gone.closest("noscript")) gone.remove();
    }
    lighten(article);
    still(article, page);
    join(article, page, keys);
    const moved = unfold(article, page, folded);
    const found = headings(article);
    const label = article.querySelector(".chapter-label")?.textContent.trim() ?? "";
    for (const root of [article, ...moved.answers, ...moved.code]) {
      formulas(root.entry ?? root, math);
    }
    const entries = (list) => list.map((one) => ({ ...one, entry: written(one.entry) }));
    return {
      label,
      headings: found,
      body: written(article),
      answers: entries(moved.answers),
      code: entries(moved.code),
    };
  }
  return prepare;
})();
