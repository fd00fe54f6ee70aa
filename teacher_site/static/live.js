// Follows a lecture's round: asks how it stands every few seconds, while somebody can see it, and fills the page in.

const EVERY_MS = 2500;

let isAsking = false;

function fillIn(state) {
  for (const place of document.querySelectorAll("[data-fill]")) {
    if (place.dataset.fill === "bar") Object.assign(place, { max: state.expected || 1, value: state.here });
    else if (place.textContent !== String(state[place.dataset.fill])) place.textContent = state[place.dataset.fill];
  }
  for (const list of document.querySelectorAll("[data-list]")) showList(list, state[list.dataset.list]);
  // The list of what waits is not changed under a finger that may be about to press.
  for (const news of document.querySelectorAll("[data-shown-waiting]")) {
    news.hidden = state.waiting <= Number(news.dataset.shownWaiting);
  }
}

function showList(list, lines) {
  if (lines.join("\n") !== [...list.children].map((item) => item.textContent).join("\n")) {
    list.replaceChildren(
      ...lines.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }),
    );
  }
  const section = list.closest("[data-if-any]");
  if (section) section.hidden = lines.length === 0;
}

async function look() {
  const root = document.querySelector("[data-live]");
  if (!root || document.hidden || isAsking) return;
  isAsking = true;
  let isTold = false;
  try {
    const answer = await fetch(root.dataset.live, { headers: { Accept: "application/json" }, redirect: "error" });
    isTold = answer.ok;
    if (isTold) fillIn(await answer.json());
  } catch {
    // No network, or signed out; the page says so and goes on asking.
  } finally {
    isAsking = false;
  }
  for (const trouble of document.querySelectorAll("[data-trouble]")) trouble.hidden = isTold;
}

document.addEventListener("click", (event) => event.target.closest("[data-shown-waiting]") && location.reload());
document.addEventListener("visibilitychange", look);
setInterval(look, EVERY_MS);
look();
