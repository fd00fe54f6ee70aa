// Follows the letters while they are on the way; when all are settled the page shows what is left to do.

const section = document.querySelector("[data-progress]");
const bar = section?.querySelector("progress");
const sentence = section?.querySelector("[data-sentence]");
const styles = {
  queued: "text-bg-light border", sending: "text-bg-info", sent: "text-bg-success",
  refused: "text-bg-danger", perhaps_sent: "text-bg-warning",
};
const SOON_MS = 1500;
const LATER_MS = 15000; // letters that wait for a mail server may wait for hours
const begun = Date.now();

function show(result, row) {
  const badge = row.querySelector("[data-state]");
  if (badge.dataset.state !== result.state) {
    badge.dataset.state = result.state;
    badge.className = `badge align-self-start ${styles[result.state]}`;
    badge.textContent = result.label;
  }
  row.querySelector("[data-note]").textContent = result.note;
}

async function follow() {
  let progress;
  try {
    const answer = await fetch(section.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    progress = await answer.json();
  } catch {
    sentence.textContent = "No connection. The letters go on; this page follows again as soon as it can.";
    setTimeout(follow, LATER_MS);
    return;
  }
  bar.value = progress.done;
  bar.max = progress.total;
  sentence.textContent = progress.sentence;
  for (const row of section.querySelectorAll("[data-letter]")) {
    const result = progress.letters[row.dataset.letter];
    if (result) show(result, row);
  }
  if (progress.done === progress.total) location.reload();
  else setTimeout(follow, Date.now() - begun < 120000 ? SOON_MS : LATER_MS);
}

if (section && bar.value < bar.max) setTimeout(follow, SOON_MS);
