// The numbers of all layers as a table, for whoever cannot or will not read them off a picture.

import { html } from "../../netinit/widgets/dom.js";
import { number } from "../../netinit/widgets/formatting.js";

const COLUMNS = [
  ["mean square", "secondMoment"],
  ["predicted", null],
  ["spread", "spread"],
  ["gradient", "gradient"],
  ["update", "update"],
  ["dead", "dead"],
  ["saturated", "saturated"],
];

const shown = (value) => value === null || value === undefined ? "" : number(value, ".3g");

/** {element, show(frame)}: the table is made only while it is unfolded. */
export function createNumbers(changed, signal) {
  const place = html("div", { class: "lab-table", tabindex: 0, role: "group" });
  place.setAttribute("aria-label", "Numbers by layer");
  const element = html(
    "details",
    { class: "lab-numbers" },
    html("summary", {}, "Numbers by layer"),
    place,
  );
  element.addEventListener("toggle", changed, { signal });
  function show({ statistics, theory, step }) {
    if (!element.open || !statistics) return;
    const rows = statistics.layers.map((layer, i) =>
      html(
        "tr",
        {},
        html("th", { scope: "row" }, layer.name),
        ...COLUMNS.map(([, key]) => html("td", {}, shown(key ? layer[key] : theory?.[i]))),
      )
    );
    const head = ["layer", ...COLUMNS.map(([name]) => name)];
    place.replaceChildren(html(
      "table",
      {},
      html("caption", {}, `At step ${step}; the prediction is for step 0.`),
      html("thead", {}, html("tr", {}, ...head.map((name) => html("th", { scope: "col" }, name)))),
      html("tbody", {}, ...rows),
    ));
  }
  return { element, show };
}
