// The register in place: rows follow the round, they are filtered while typing, and a mark is sent without moving
// anything. Without this script every button and the search work all the same, by loading the page.

import { ask, send } from "/shared-static/http.js";
import { find } from "/shared-static/page.js";
import { gettext } from "/shared-static/words.js";
import { askNow, hearRound } from "./live.js";

/** @typedef {{ status: string, word: string, tint: string, said: string, note: string }} Row */
/** @typedef {import("./live.js").RoundState & { rows?: Record<string, Row>, asked?: number[] }} RoundState */

const main = find("main", HTMLElement);
const input = (/** @type {string} */ selector) => find(selector, HTMLInputElement, main);
const rows = () => /** @type {NodeListOf<HTMLElement>} */ (main.querySelectorAll("[data-line]"));
let isHistoryOld = false;

// --- which rows are shown ---

// As the server folds what is searched in, for letters with accents.
const fold = (/** @type {string} */ typed) =>
  typed
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();

/**
 * A row stays where it is while its mark changes, or the next tap would hit another one: rows come and go only when
 * somebody types or chooses here.
 */
function filterRows() {
  const words = fold(input("#filter").value).split(/\s+/);
  const shown = input("[name=show]:checked").value;
  let count = 0;
  for (const row of rows()) {
    const fits = shown === "unmarked" ? !row.dataset.status : shown === "waiting" ? "waits" in row.dataset : true;
    row.hidden = !fits || !words.every((word) => row.dataset.line?.includes(word));
    count += Number(!row.hidden);
  }
  find("[data-nobody]", HTMLElement, main).hidden = count > 0;
  nameTheRest();
}

/** Say whom the one press would mark: who is left or, where somebody looks for a few, those of them who are shown. */
function nameTheRest() {
  const form = main.querySelector("#rest");
  if (!(form instanceof HTMLFormElement)) return;
  const isFiltered = input("#filter").value.trim() !== "" || input("[name=show]:checked").value === "waiting";
  const left = [...rows()].filter(
    (row) => !row.dataset.status && !("waits" in row.dataset) && !(isFiltered && row.hidden),
  );
  const only = input("#rest [name=only]");
  only.value = left.map((row) => row.id.replace("student-", "")).join(" ");
  only.disabled = !isFiltered;
  const button = find("button", HTMLButtonElement, form);
  const words = (isFiltered ? button.dataset.shown : button.dataset.all) ?? "";
  button.textContent = words.replace("#", String(left.length));
  button.disabled = left.length === 0;
}

function showEverybody() {
  input("#filter").value = "";
  input("#show-all").checked = true;
  filterRows();
}

// --- what rows say ---

/**
 * @param {HTMLElement} row
 * @param {Row} told
 */
function showRow(row, { status, word, tint, said, note }) {
  const write = (/** @type {string} */ part, /** @type {string} */ words) => {
    const element = find(`[data-${part}]`, HTMLElement, row);
    if (element.textContent !== words) element.textContent = words;
  };
  write("said", said);
  write("note", note);
  showNote(row, note);
  if (row.dataset.status === status) return;
  row.dataset.status = status;
  write("word", word);
  find("[data-word]", HTMLElement, row).className = tint ? `badge tint-${tint}` : "visually-hidden";
  for (const button of row.querySelectorAll("[aria-pressed]"))
    button.setAttribute("aria-pressed", String(button.getAttribute("value") === status));
  for (const field of row.querySelectorAll("[name=expected]"))
    if (field instanceof HTMLInputElement) field.value = status;
  const save = find("[data-save]", HTMLButtonElement, row);
  save.value = status || "excused";
  save.textContent = status ? gettext("Save the note") : gettext("Excused, with this note");
  const clear = row.querySelector("[data-clear]");
  if (clear instanceof HTMLElement) clear.hidden = !status;
  row.classList.remove("came-in");
  row.getBoundingClientRect(); // or the browser would not begin the colour anew
  row.classList.add("came-in");
  isHistoryOld = true;
}

/**
 * Put the note that is saved into its field, unless somebody has typed another one there.
 * @param {HTMLElement} row
 * @param {string} note
 */
function showNote(row, note) {
  const field = find("[name=note]", HTMLInputElement, row);
  const isTyped = field.value !== field.defaultValue;
  field.defaultValue = note; // what was not typed follows it
  if (!isTyped) field.value = note;
  find("[name=shown_note]", HTMLInputElement, row).value = note;
}

hearRound((/** @type {RoundState} */ { rows: told, asked, expected }) => {
  if (!told || !asked) return;
  for (const row of rows()) {
    const id = row.id.replace("student-", "");
    if (told[id]) showRow(row, told[id]);
    row.toggleAttribute("data-waits", asked.includes(Number(id)));
  }
  nameTheRest();
  const unmarked = Object.values(told).filter(({ status }) => !status).length;
  for (const [name, number] of Object.entries({ all: expected, unmarked, waiting: asked.length }))
    find(`[data-count=${name}]`, HTMLElement, main).textContent = String(number);
});

// --- what is sent ---

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
function bodyOf(form, button) {
  const body = new FormData(form);
  if (button instanceof HTMLButtonElement && button.name) body.append(button.name, button.value);
  return body;
}

/**
 * Mark one student; the answer is the whole register.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
async function mark(form, button) {
  const refused = find("#refused", HTMLElement, main);
  const control = button?.closest(".marks");
  const note = find("[name=note]", HTMLInputElement, form);
  const typed = note.value;
  refused.hidden = true;
  control?.setAttribute("aria-busy", "true");
  try {
    const fields = [...bodyOf(form, button)].map(
      ([name, value]) => /** @type {[string, string]} */ ([name, String(value)]),
    );
    const answer = await ask(form.action, fields);
    note.defaultValue = typed; // saved: the answer says how
    askNow(answer);
    const details = button?.closest("details");
    if (details) {
      details.open = false;
      find("summary", HTMLElement, details).focus();
    }
  } catch (error) {
    refused.textContent = /** @type {Error} */ (error).message;
    refused.hidden = false;
    refused.scrollIntoView({ block: "center" });
    askNow().catch(() => {}); // what is told stands there already
  } finally {
    control?.removeAttribute("aria-busy");
  }
}

/**
 * Press what the page answers; nothing moves, and what is typed and chosen to find rows stays.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 * @param {string[]} next what the keyboard goes on with, the first that is there
 */
async function press(form, button, ...next) {
  if (form.ariaBusy) return; // pressed twice: the second answer would take the place of the first, and its undo
  form.ariaBusy = "true"; // until the answer's page takes this form's place
  const answer = await send(form.action, {
    method: "POST",
    body: bodyOf(form, button),
    headers: { Accept: "text/html" },
  });
  await showPage(answer);
  main.querySelector(".alert-warning:not([hidden])")?.scrollIntoView({ block: "center" });
  const goOn = next.map((each) => main.querySelector(each)).find((each) => each !== null) ?? main;
  if (goOn instanceof HTMLElement) goOn.focus({ preventScroll: true });
}

/**
 * Put a fresh page's content in the place of this one's; what is typed and chosen to find rows stays, and so do notes
 * that are not sent yet.
 * @param {Response} answer
 */
async function showPage(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("#register")) throw new Error("the answer is not the register");
  const typed = input("#filter").value;
  const shown = input("[name=show]:checked").id;
  const isOpen = main.querySelector("#also-waiting[open]") !== null;
  const notes = /** @type {NodeListOf<HTMLInputElement>} */ (main.querySelectorAll("[name=note]"));
  const unsent = [...notes].filter((note) => note.value !== note.defaultValue);
  main.replaceChildren(...find("main", HTMLElement, page).childNodes);
  input("#filter").value = typed;
  input(`#${shown}`).checked = true;
  for (const { id, value } of unsent) {
    const note = main.querySelector(`#${id}`);
    if (!(note instanceof HTMLInputElement)) continue;
    note.value = value;
    note.closest("details")?.setAttribute("open", "");
  }
  begin();
  if (isOpen) main.querySelector("#also-waiting")?.setAttribute("open", "");
}

const fetchPage = () => send(location.href, { headers: { Accept: "text/html" } });

// --- keys: one stop for each student's control, arrows within it ---

/** @param {Element} control */
function giveOneStop(control) {
  const buttons = /** @type {HTMLElement[]} */ ([...control.querySelectorAll("button")]);
  const stop = buttons.find((button) => button.getAttribute("aria-pressed") === "true") ?? buttons[0];
  for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
}

main.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const control = event.target instanceof Element && event.target.closest(".marks");
  if (!step || !control) return;
  event.preventDefault();
  const buttons = /** @type {HTMLElement[]} */ ([...control.querySelectorAll("button")]);
  const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = buttons[(at + step + buttons.length) % buttons.length];
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
});

// --- what the person does ---

main.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.closest("#find")) filterRows();
});

main.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && target.id === "sort") target.form?.requestSubmit();
});

main.addEventListener("click", async ({ target }) => {
  if (!(target instanceof Element)) return;
  if (target.closest("#show-everybody")) showEverybody();
  if (!target.closest("[data-shown-waiting]")) return;
  await fetchPage().then(showPage, () => location.reload());
  const first = find("#to-confirm", HTMLElement, main);
  first.scrollIntoView({ block: "start" });
  first.querySelector("button")?.focus({ preventScroll: true });
});

main.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.closest("[data-line]")) {
    event.preventDefault();
    mark(form, event.submitter);
  } else if (form.closest("#to-confirm")) {
    event.preventDefault();
    // Signed out meanwhile, or no network: the page itself says which.
    press(form, event.submitter, "#to-confirm button").catch(() => location.reload());
  } else if (form.id === "rest" || form.closest("#undo")) {
    event.preventDefault();
    press(form, event.submitter, "#undo button", "#rest button").catch(() => location.reload());
  } else if (form.id === "find" && event.submitter === null && document.activeElement?.id === "filter") {
    event.preventDefault(); // Enter in the search: the rows are filtered already
  }
});

// "More" lies over the page: a press or a step of the keyboard elsewhere folds it, or it would hide where one is.
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    const more = main.querySelector("#more[open]");
    if (more && target instanceof Node && !more.contains(target)) more.removeAttribute("open");
  });
}

document.addEventListener("keydown", ({ key }) => {
  const more = main.querySelector("#more[open]");
  if (key !== "Escape" || !more) return;
  more.removeAttribute("open");
  find("summary", HTMLElement, more).focus();
});

// The history is as old as the page, until somebody opens it.
main.addEventListener(
  "toggle",
  async ({ target }) => {
    if (!(target instanceof HTMLDetailsElement) || target.id !== "history" || !target.open || !isHistoryOld) return;
    const page = new DOMParser().parseFromString(await (await fetchPage()).text(), "text/html");
    const fresh = page.querySelector("#history > ul");
    if (fresh) find("#history > ul", HTMLElement, main).replaceWith(fresh);
    isHistoryOld = false;
  },
  { capture: true }, // it does not bubble
);

function begin() {
  for (const control of main.querySelectorAll(".marks")) giveOneStop(control);
  // Where there is room nothing that waits is folded.
  if (matchMedia("(min-width: 48rem)").matches) main.querySelector("#also-waiting")?.setAttribute("open", "");
  filterRows();
}

document.documentElement.classList.add("with-script"); // hides the button that only a page without script needs
if (location.hash === "#history") find("#history", HTMLDetailsElement).open = true;
begin();
