// Gives every date's field a calendar. The field itself is typed text, for a browser writes its own dates in its own
// language's order, and a school's dates should read alike on every phone.

import { gettext } from "./words.js";

const ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
// As the server shows them, which reads them back.
const MONTHS = document.documentElement.dataset.months?.split(" ") ?? ENGLISH;

/** @param {string} typed "23 Nov 2026" in the page's language or in English, or the same as 2026-11-23 */
function isoOf(typed) {
  const [, day, word, year] = /^(\d{1,2}) (\S+) (\d{4})$/.exec(typed.trim()) ?? [];
  const month = (MONTHS.includes(word) ? MONTHS : ENGLISH).indexOf(word) + 1;
  return month ? `${year}-${String(month).padStart(2, "0")}-${day.padStart(2, "0")}` : typed.trim();
}

/** @param {string} iso 2026-11-23 */
function shown(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  return `${day} ${MONTHS[month - 1]} ${year}`;
}

/** @param {HTMLInputElement} field */
function addCalendar(field) {
  const picker = document.createElement("input");
  picker.type = "date";
  if (!("showPicker" in picker)) return;
  picker.className = "calendar";
  picker.tabIndex = -1;
  picker.setAttribute("aria-hidden", "true");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-outline-secondary calendar-button";
  button.setAttribute(
    "aria-label",
    gettext("%(field)s: choose from a calendar", { field: field.labels?.[0]?.textContent ?? "" }),
  );
  button.addEventListener("click", () => {
    picker.value = isoOf(field.value);
    picker.showPicker();
  });
  picker.addEventListener("change", () => {
    if (picker.value) field.value = shown(picker.value);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });
  const group = document.createElement("div");
  group.className = "input-group day";
  field.before(group);
  group.append(field, picker, button);
}

for (const field of document.querySelectorAll("input[data-day]")) addCalendar(/** @type {HTMLInputElement} */ (field));
