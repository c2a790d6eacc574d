import { html, svg } from "./dom.js";

/** Legend: pairs of a label and its marks. */
export function legend(entries) {
  return html(
    "ul",
    { class: "ni-legend" },
    ...entries.map(([label, marks]) =>
      html(
        "li",
        {},
        svg(
          "svg",
          { viewBox: "0 0 26 14", width: 26, height: 14, "aria-hidden": "true" },
          ...marks,
        ),
        label,
      )
    ),
  );
}
