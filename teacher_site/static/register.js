// The register in place: it is filtered while typing, and a mark is sent without moving the page.
// Without this script every button and the search work all the same, by loading the page.

import { send } from "/shared-static/http.js";
import { find } from "/shared-static/page.js";

const main = find("main", HTMLElement);
const filter = () => find("#filter", HTMLInputElement, main);

function filterLines() {
  const typed = filter().value.trim().toLowerCase();
  for (const line of main.querySelectorAll("[data-line]")) {
    if (line instanceof HTMLElement) line.hidden = !line.dataset.line?.includes(typed);
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
async function sendInPlace(form, button) {
  const body = new FormData(form);
  if (button instanceof HTMLButtonElement && button.name) body.append(button.name, button.value);
  const answer = await send(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("#register")) throw new Error("the answer is not the register");
  const typed = filter().value;
  main.replaceChildren(...find("main", HTMLElement, page).childNodes);
  filter().value = typed;
  filterLines();
  main.querySelector(".alert-warning")?.scrollIntoView({ block: "center" });
  const sameButton = button?.id ? document.getElementById(button.id) : null;
  const next = sameButton ?? main.querySelector("#to-confirm button") ?? main;
  if (next instanceof HTMLElement) next.focus({ preventScroll: true });
}

document.documentElement.classList.add("with-script"); // hides the button that only a page without script needs

main.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.id === "filter") filterLines();
});

main.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && target.id === "sort") target.form?.requestSubmit();
});

main.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.method !== "post" || !form.closest("#register, #to-confirm")) return;
  event.preventDefault();
  // Signed out meanwhile, or no network: the page itself says which.
  sendInPlace(form, event.submitter).catch(() => location.reload());
});

if (location.hash === "#history") find("#history", HTMLDetailsElement).open = true;
