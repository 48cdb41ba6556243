// What the desk's pages share: the words that they say, how they make elements, and how they open a table.

const { base } = document.body.dataset;
const words = JSON.parse(document.body.dataset.words);

// The words of the catalogue, with values in place of what stands in braces.
export const told = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, one) => values[one]);
export const at = (id) => document.getElementById(id);
export const inLab = window.parent !== window;

export const element = (tag, text = "", attributes = {}) => {
  const made = Object.assign(document.createElement(tag), attributes);
  if (text) made.textContent = text;
  return made;
};

// A table opens in JupyterLab where the page stands there, else in a window of its own; `hash` names a cell.
export function openTable(name, hash = "") {
  if (inLab) window.parent.postMessage({ handouts: "table", name, hash }, location.origin);
  else window.open(`${base}/table/${encodeURIComponent(name)}${hash && `#${hash}`}`, "_blank", "noopener");
}
