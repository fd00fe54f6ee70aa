// Counts the ticks of a list on its button, and ticks all or none.

import { find } from "/shared-static/page.js";
import { gettext, ngettext } from "/shared-static/words.js";

const list = document.querySelector("[data-ticks]");
if (list) {
  const boxes = [...list.querySelectorAll("input[type=checkbox]")].map((box) => /** @type {HTMLInputElement} */ (box));
  const button = find("button[data-count]", HTMLButtonElement);
  const all = find("#tick-all", HTMLButtonElement);
  const [none, allWords] = [button.textContent, all.textContent];

  function count() {
    const ticked = boxes.filter((box) => box.checked).length;
    const words = ngettext("Record %(num)s consent", "Record %(num)s consents", ticked);
    button.textContent = ticked === 0 ? none : words;
    all.textContent = ticked === boxes.length ? gettext("Tick nobody") : allWords;
  }

  all.hidden = false;
  all.addEventListener("click", () => {
    const tick = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = tick;
    count();
  });
  list.addEventListener("change", count);
  count();
}
