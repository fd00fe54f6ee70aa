// Asks before a page is left on which something was typed and not sent: by a link, the back button, or a press that
// sends another form, such as the language's at the foot.

/** @param {Element} field */
function isChanged(field) {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    // Without a default the browser chooses the first.
    if (!field.multiple && !options.some((option) => option.defaultSelected)) return field.selectedIndex > 0;
    return options.some((option) => option.selected !== option.defaultSelected);
  }
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  // A file stays where it is, and one without a name is only a calendar's.
  if (!(field instanceof HTMLInputElement) || field.type === "file" || !field.name) return false;
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

/** @param {HTMLFormElement} form */
function isUnsent(form) {
  if (form.method !== "post") return false;
  if (form.matches("[data-unsent]")) return true;
  // Browsers fill in passwords by themselves, and one is typed again soon.
  if (form.querySelector("[type=password]")) return false;
  // What was refused came back as the page's own values.
  const isRefused = form.querySelector(".is-invalid, .invalid-feedback, .alert-danger");
  return Boolean(isRefused) || [...form.elements].some(isChanged);
}

/** @type {EventTarget | null} */
let sent = null;

document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) sent = event.target; // or a script sends it, and the page stays
});

addEventListener("beforeunload", (event) => {
  const isLost = [...document.forms].some((form) => form !== sent && isUnsent(form));
  sent = null; // whoever stays may leave by another way
  if (!isLost) return;
  event.preventDefault();
  event.returnValue = true; // what browsers before 2024 look at
});
