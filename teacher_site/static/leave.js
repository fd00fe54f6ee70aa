// The page on which the teacher takes the phone back: what opens it is typed by hand, and shown on demand only.

import { find } from "/shared-static/page.js";

for (const field of document.querySelectorAll("[data-typed]")) {
  for (const kind of ["paste", "drop"]) field.addEventListener(kind, (event) => event.preventDefault());
}

const shown = find("#shown", HTMLInputElement);
shown.addEventListener("change", () => find("#secret", HTMLElement).classList.toggle("masked", !shown.checked));
