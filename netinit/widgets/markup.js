import { html } from "./dom.js";

/** Paragraphs of plain text, set apart by blank lines. */
export const paragraphs = (text) =>
  text.split(/\n\s*\n/).map((words) => html("p", {}, ...inline(words)));

/** Text in which backticks enclose code. */
export const inline = (text) =>
  text.split("`").map((part, i) => i % 2 ? html("code", {}, part) : part);
