// The words of scripts in the language of the page: English ones as they stand, others from the page's catalogue.

/** @type {Record<string, string | string[]>} by the English words, or by the first form of two */
let catalogue = JSON.parse(document.querySelector("#script-words")?.textContent ?? "{}");

/**
 * Say everything from now on with another catalogue; English needs none.
 * @param {Record<string, string | string[]>} words
 */
export function speak(words) {
  catalogue = words;
}

/**
 * Return the words in the page's language, with the values in their gaps: gettext("%(name)s is here", { name }).
 * @param {string} words
 * @param {Record<string, string | number>} [values]
 */
export function gettext(words, values) {
  const found = catalogue[words];
  return fill(typeof found === "string" ? found : words, values);
}

/**
 * Return the form that goes with a number, which stands in the gap "num". Each of our languages has two forms.
 * @param {string} one
 * @param {string} many
 * @param {number} number
 * @param {Record<string, string | number>} [values]
 */
export function ngettext(one, many, number, values) {
  const found = catalogue[one];
  const forms = Array.isArray(found) ? found : [one, many];
  return fill(forms[number === 1 ? 0 : 1], { num: number, ...values });
}

/**
 * @param {string} words
 * @param {Record<string, string | number>} [values]
 */
function fill(words, values) {
  if (!values) return words;
  return words.replace(/%\((\w+)\)[sd]|%%/g, (gap, name) => (name ? String(values[name]) : gap[0]));
}
