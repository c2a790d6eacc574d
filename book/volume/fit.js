/* Before printing: what is wider than the paper gets smaller type. Run by paper.py at its width. */
(() => {
  const room = (box) => box.getBoundingClientRect().width;
  const shrink = (box, inner, least) => {
    for (let size = 100; size > least; size -= 4) {
      if (inner.scrollWidth <= room(box) + 1 && box.scrollWidth <= room(box) + 1) return;
      inner.style.fontSize = `${size - 4}%`;
    }
  };
  const tables = [...document.querySelectorAll(".table")].filter((t) => t.firstElementChild);
  for (const box of tables) {
    const table = box.firstElementChild;
    const full = parseFloat(getComputedStyle(table).fontSize);
    for (let part = 1; part > .62; part -= .04) {
      if (
        table.scrollWidth <= room(box) + 1 && table.getBoundingClientRect().width <= room(box) + 1
      ) break;
      table.style.fontSize = `${full * (part - .04)}px`;
    }
  }
  for (const box of document.querySelectorAll("div.math")) {
    const inner = box.querySelector("mjx-container");
    if (inner) shrink(box, inner, 60);
  }
});
