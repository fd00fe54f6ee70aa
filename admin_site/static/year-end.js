// Says the same of every student of a class at once; single ones are changed afterwards.

const choices = [...document.querySelectorAll("select[name^=choice-]")];
for (const part of document.querySelectorAll("[data-choices] [hidden]")) part.removeAttribute("hidden");
for (const button of document.querySelectorAll("[data-choice]")) {
  button.addEventListener("click", () => {
    for (const choice of choices)
      if (choice instanceof HTMLSelectElement) choice.value = button.getAttribute("data-choice") ?? "";
  });
}
