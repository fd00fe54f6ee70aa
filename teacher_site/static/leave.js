// The page on which the teacher takes the phone back: what opens it is typed by hand, and shown on demand only.

for (const field of document.querySelectorAll("[data-typed]")) {
  for (const kind of ["paste", "drop"]) field.addEventListener(kind, (event) => event.preventDefault());
}

const shown = document.querySelector("#shown");
shown.addEventListener("change", () => document.querySelector("#secret").classList.toggle("masked", !shown.checked));
