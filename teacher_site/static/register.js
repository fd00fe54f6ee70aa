// The register in place: it is filtered while typing, and a mark is sent without moving the page.
// Without this script every button and the search work all the same, by loading the page.

const main = document.querySelector("main");
const filterText = () => main.querySelector("#filter").value.trim().toLowerCase();

function filterLines() {
  for (const line of main.querySelectorAll("[data-line]")) line.hidden = !line.dataset.line.includes(filterText());
}

async function sendInPlace(form, button) {
  const fields = new FormData(form);
  if (button?.name) fields.append(button.name, button.value);
  const answer = await fetch(form.action, { method: "POST", body: fields });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("#register")) throw new Error("the answer is not the register");
  const typed = main.querySelector("#filter").value;
  main.replaceChildren(...page.querySelector("main").childNodes);
  main.querySelector("#filter").value = typed;
  filterLines();
  main.querySelector(".alert-warning")?.scrollIntoView({ block: "center" });
  const next = document.getElementById(button?.id) ?? main.querySelector("#to-confirm button") ?? main;
  next.focus({ preventScroll: true });
}

document.documentElement.classList.add("with-script"); // hides the button that only a page without script needs

main.addEventListener("input", (event) => {
  if (event.target.id === "filter") filterLines();
});

main.addEventListener("change", (event) => {
  if (event.target.id === "sort") event.target.form.requestSubmit();
});

main.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.closest("#register, #to-confirm")) return;
  event.preventDefault();
  // Signed out meanwhile, or no network: the page itself says which.
  sendInPlace(form, event.submitter).catch(() => location.reload());
});

if (location.hash === "#history") document.querySelector("#history").open = true;
