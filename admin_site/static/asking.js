// Asks the server, and follows long work to its end.

const STEP_MS = 500;

const token = () => document.querySelector('meta[name="csrf-token"]').content;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Give the JSON the server answers with. Throws an Error whose message is a sentence for the person.
// With `fields` it is a POST, without a GET.
export async function ask(url, fields) {
  const headers = { Accept: "application/json" };
  const request = { headers };
  if (fields) {
    request.method = "POST";
    request.body = new FormData();
    for (const [name, ...value] of fields) request.body.append(name, ...value);
    headers["X-CSRFToken"] = token();
  }
  let response;
  try {
    response = await fetch(url, request);
  } catch {
    throw new Error("The server cannot be reached. Please check the network and try again.");
  }
  if (response.redirected) throw new Error("You were signed out. Please load the page and sign in again.");
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new Error("Something went wrong on our side. Please try again.");
  }
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

// Ask after a job until it has ended; `tell` gets it each time. A lost network is waited for.
export async function followJob(url, tell) {
  for (;;) {
    let job = null;
    try {
      job = await ask(url);
    } catch (error) {
      tell({ state: "unknown", sentence: error.message, done: 0, total: 0 });
    }
    if (job) tell(job);
    if (job?.state === "done" || job?.state === "failed") return job;
    await pause(STEP_MS);
  }
}
