// The notebook of a page: its cells, and the same notebook with what the reader wrote.
const textOf = (lines) => [].concat(lines ?? []).join("");

/** What the stored outputs of a cell print. */
function printed(cell) {
  const streams = (cell.outputs ?? []).filter((output) => output.output_type === "stream");
  return streams.filter(({ name }) => name === "stdout").map(({ text }) => textOf(text)).join("");
}

/** The cells that a page can run or that are to be answered, in order. */
export function cellsOf({ cells }) {
  return cells.flatMap((cell, index) => {
    const { nbgrader, tags = [] } = cell.metadata;
    if (cell.cell_type !== "code" && !nbgrader?.solution) return [];
    return [{
      index,
      id: cell.id ?? String(index),
      code: cell.cell_type === "code",
      source: textOf(cell.source),
      shown: !tags.includes("remove-input") && !tags.includes("remove-cell"),
      whole: tags.includes("all-seeds"),
      locked: Boolean(nbgrader?.locked),
      tests: Boolean(nbgrader?.locked && nbgrader.grade),
      printed: printed(cell),
      stored: (cell.outputs ?? []).length > 0,
    }];
  });
}

/** The notebook as a file, with `sources` (id to text) in place of its own. */
export function written(notebook, sources) {
  const made = structuredClone(notebook);
  made.cells.forEach((cell, index) => {
    const source = sources.get(cell.id ?? String(index));
    if (source !== undefined) cell.source = source.split(/(?<=\n)/);
  });
  return `${JSON.stringify(made, null, 1)}\n`;
}
