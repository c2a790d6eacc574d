/** Write words into an element, unless they stand there: a new text costs a layout even if equal. */
export function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
