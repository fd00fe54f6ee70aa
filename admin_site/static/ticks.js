// Counts the ticks of a list on its button, and ticks all or none.

import { find } from "/shared-static/page.js";

const list = document.querySelector("[data-ticks]");
if (list) {
  const boxes = [...list.querySelectorAll("input[type=checkbox]")].map((box) => /** @type {HTMLInputElement} */ (box));
  const button = find("button[data-many]", HTMLButtonElement);
  const all = find("#tick-all", HTMLButtonElement);
  const [none, allWords] = [button.textContent, all.textContent];

  function count() {
    const ticked = boxes.filter((box) => box.checked).length;
    const { one = "", many = "" } = button.dataset;
    button.textContent = ticked === 0 ? none : ticked === 1 ? one : many.replace("#", String(ticked));
    all.textContent = ticked === boxes.length ? "Tick nobody" : allWords;
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
