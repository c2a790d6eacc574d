// Elements: what everything on the screen is made of.

const SVG = "http://www.w3.org/2000/svg";

/** HTML element; attributes that are null or false are left out. */
export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

let serial = 0;
/** Id or name that no other element has. */
export const newId = () => `ni-${Math.random().toString(36).slice(2)}-${++serial}`;
