// Reads what the page holds for its script.

/**
 * Return the element, which the page's template holds. Throws where it does not: page and script then differ.
 * @template {Element} T
 * @param {string} selector
 * @param {{ new (): T }} kind
 * @param {ParentNode} within
 * @returns {T}
 */
export function find(selector, kind, within = document) {
  const element = within.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`This page has no ${kind.name} ${selector}.`);
  return element;
}
