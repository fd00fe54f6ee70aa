// Empties this tab once nobody is signed in here any more: after signing out, or handing the phone round, in another.
// The browser's other tabs of this site hear of it at once; those of the other port ask.

import { send } from "./http.js";
import { gettext } from "./words.js";

const ASK_EVERY_MS = 5000;
const ASK_AGAIN_MS = 1000;
// A tab that was out of sight for longer shows nothing before it knows that somebody is still signed in.
const COVER_AFTER_MS = 3000;

const tabs = new BroadcastChannel("sign-in");
const isPersonal = document.body.hasAttribute("data-signed-in");
let hiddenSince = document.hidden ? performance.now() : null;
let isAsking = false;

function empty() {
  const sentence = document.createElement("p");
  const link = document.createElement("a");
  sentence.className = "lead text-center p-4";
  sentence.append(gettext("You are signed out on this device."), " ");
  link.href = "/";
  link.textContent = gettext("Continue");
  sentence.append(link);
  document.title = gettext("Signed out");
  document.body.replaceChildren(sentence);
  document.body.dataset.emptied = ""; // http.js stops asking
  document.documentElement.classList.remove("covered");
  clearInterval(asking);
  tabs.close();
}

async function ask() {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    const answer = await send("/signed-in", { redirect: "manual", cache: "no-store" });
    if (answer.ok) document.documentElement.classList.remove("covered");
    else if (answer.status < 500) empty();
  } catch {
    // No network: what is covered stays covered.
  } finally {
    isAsking = false;
  }
  if (document.documentElement.classList.contains("covered")) setTimeout(ask, ASK_AGAIN_MS);
}

function look() {
  if (document.hidden) {
    hiddenSince ??= performance.now();
    return;
  }
  if (hiddenSince !== null && performance.now() - hiddenSince > COVER_AFTER_MS)
    document.documentElement.classList.add("covered");
  hiddenSince = null;
  ask();
}

let asking = 0;
if (isPersonal) {
  tabs.addEventListener("message", empty);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.documentElement.classList.add("covered");
    ask();
  });
  asking = setInterval(ask, ASK_EVERY_MS);
} else {
  tabs.postMessage("ended");
}
