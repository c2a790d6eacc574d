// What JupyterLab shows of each cell of the notebook in front that is in view: its place, markup
// that shows raw, how many pictures and quick questions its outputs show, and whether its code is
// folded.
(() => {
  const RAW = [
    /\$/,
    /:::/,
    /```/,
    /\*\*/,
    /\]\(/,
    /\{[\w:.-]+\}/,
    /^\s*\([\w-]+\)=/m,
    /\\[a-zA-Z]+/,
    /<\/?\w+>/,
    /&\w+;/,
    /Error displaying widget|Loading widget/,
  ];
  const all = (element, selector) => [...element.querySelectorAll(selector)];
  const drawn = (image) => image.complete && image.naturalWidth > 0;

  /** Text of a part, without its code and its typeset mathematics. */
  const proseOf = (part) => {
    const copy = part.cloneNode(true);
    for (const other of all(copy, "code, pre, script, style, mjx-container")) other.remove();
    return copy.textContent;
  };

  const rawOf = (cell, prose, outputs) => {
    const texts = [...prose, ...outputs.filter((one) => !one.matches(".jp-RenderedText"))];
    const raw = texts.flatMap((part) =>
      RAW.flatMap((form) => proseOf(part).match(form)?.[0] ?? [])
    );
    const wrong = all(cell, "mjx-merror, [data-mjx-error], mjx-container [style*='color: red']");
    const fences = prose.flatMap((part) => all(part, "pre code[class*='{']"));
    const broken = prose.flatMap((part) => all(part, "img")).filter((one) => !drawn(one));
    return [
      ...raw,
      ...wrong.map((one) => `mathematics: ${one.textContent}`),
      ...fences.map((one) => one.className),
      ...broken.map((one) => `image ${one.src}`),
    ];
  };

  const read = (cell) => {
    const prose = all(cell, ".jp-RenderedMarkdown");
    const outputs = all(cell, ".jp-OutputArea-output");
    const images = outputs.flatMap((one) => (one.matches("img") ? [one] : all(one, "img")));
    return {
      index: Number(cell.dataset.windowedListIndex),
      raw: rawOf(cell, prose, outputs),
      prose: !cell.matches(".jp-MarkdownCell") || prose.some((part) => part.textContent.trim()),
      pictures: images.filter(drawn).length + all(cell, ".ni-explorer").length,
      folded: all(cell, ".jp-InputPlaceholder").length,
      questions: outputs.filter((one) => one.querySelector("details, .ni-quiz")).length,
    };
  };

  const notebook = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook");
  return all(notebook, ".jp-Cell[data-windowed-list-index]").map(read);
});
