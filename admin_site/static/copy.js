// Copies and prints what the page shows once.

import { find } from "/shared-static/page.js";
import { gettext } from "/shared-static/words.js";

const status = find("#copied", HTMLElement);

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", async () => {
    const text = [...document.querySelectorAll(button.getAttribute("data-copy") ?? "")]
      .map((part) => part.textContent?.trim())
      .join("\n");
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = gettext("Copied.");
    } catch {
      status.textContent = gettext("This browser does not let us copy. Please select the text and copy it yourself.");
    }
  });
}
for (const button of document.querySelectorAll("button[data-print]")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => window.print());
}
