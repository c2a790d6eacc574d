/* Search in the sections of the book; the words are in search-text.js. */
(function () {
  "use strict";
  const root = document.documentElement.dataset.root;
  const field = document.getElementById("query");
  const list = document.querySelector(".search-results");
  const count = document.querySelector(".search-count");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const sections = globalThis.bookSections.map((section, order) => ({
    ...section,
    order,
    plainTitle: plain(section.title),
    plainText: plain(section.text),
  }));
  const chapterOf = new Map();
  for (const section of sections) {
    if (!chapterOf.has(section.page)) chapterOf.set(section.page, section.title);
  }

  /** A word as a pattern that matches nothing else. */
  const literal = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  /** How well a section answers: 0 unless every word is in it. */
  function score(section, words) {
    let total = 0;
    for (const word of words) {
      const start = new RegExp(`(^|[^\\p{L}\\p{N}])${literal(word)}`, "gu");
      const inTitle = (section.plainTitle.match(start) || []).length;
      const inText = (section.plainText.match(start) || []).length;
      if (!inTitle && !inText) return 0;
      total += 10 * inTitle + Math.min(inText, 5);
    }
    return total;
  }

  /** About 160 characters around the first word found, the words marked. */
  function excerpt(section, words) {
    const text = section.plainText.length === section.text.length
      ? section.text
      : section.plainText;
    const places = words.map((w) => section.plainText.indexOf(w)).filter((at) => at >= 0);
    const from = places.length
      ? text.lastIndexOf(" ", Math.max(0, Math.min(...places) - 60)) + 1
      : 0;
    const end = from + 170 < text.length ? text.lastIndexOf(" ", from + 170) : text.length;
    const piece = text.slice(from, end);
    const holder = document.createElement("p");
    const pattern = new RegExp(`(${words.map(literal).join("|")})`, "giu");
    holder.append(from ? "… " : "");
    piece.split(pattern).forEach((part, i) => {
      if (i % 2) {
        holder.append(Object.assign(document.createElement("mark"), { textContent: part }));
      } else holder.append(part);
    });
    holder.append(end < text.length ? " …" : "");
    return holder;
  }

  function item(section, words) {
    const entry = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${root}${section.page}.html#${section.anchor}`;
    link.textContent = section.title;
    entry.append(link);
    const chapter = chapterOf.get(section.page);
    if (chapter !== section.title) {
      entry.append(
        Object.assign(document.createElement("span"), {
          className: "search-chapter",
          textContent: chapter,
        }),
      );
    }
    entry.append(excerpt(section, words));
    return entry;
  }

  function search() {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    const found = words.length
      ? sections.map((s) => [score(s, words), s]).filter(([points]) => points)
      : [];
    found.sort(([a, s], [b, t]) => b - a || s.order - t.order);
    list.replaceChildren(...found.slice(0, 30).map(([, section]) => item(section, words)));
    count.textContent = words.length ? counted(found.length) : "";
  }

  function counted(sections) {
    if (!sections) return "Nothing found. Try one word, or its beginning.";
    return sections === 1 ? "1 section" : `${sections} sections`;
  }

  field.value = new URLSearchParams(location.search).get("q") || "";
  field.addEventListener("input", search);
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  search();
  field.focus();
})();
