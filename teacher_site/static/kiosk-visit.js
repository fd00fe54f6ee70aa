// One student's visit, from the first tap until the screen is cleared: what it is doing, its ticket and its timers.
// The next student gets a new one, so that whatever comes late finds its signal aborted.

/** @typedef {import("./kiosk-server.js").Server} Server */

const LEAST_SHOWN_MS = 400; // so that the tap that sent cannot clear the answer too
const FORGET_AFTER_MS = 45_000; // a visit that was begun and left

export class Visit {
  /** @type {"typing" | "sending" | "answered"} */
  #state = "typing";
  /** @type {Promise<string | null> | null} */
  #ticket = null;
  #orderedAt = 0;
  #shownAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #sending = new AbortController();
  #server;
  #clear;

  /** Set where the page itself may be old: then it is loaded again instead of cleared. */
  isPageStale = false;

  /** The key of the request that was answered with the name on the screen. */
  nameKey = "";

  /** Whether the turn on the screen was asked of a face that was looked up. */
  isByFace = false;

  /** Whether the roll id stays in its field for the next try. */
  keepsRollId = false;

  /**
   * @param {Server} server
   * @param {() => void} clear begins the next visit; called when this one has lasted long enough
   */
  constructor(server, clear) {
    this.#server = server;
    this.#clear = clear;
  }

  get isTyping() {
    return this.#state === "typing";
  }

  get isAnswered() {
    return this.#state === "answered";
  }

  /** Whether the answer was shown long enough for a tap or a key to clear it. */
  get mayClear() {
    return this.isAnswered && performance.now() - this.#shownAt > LEAST_SHOWN_MS;
  }

  /** A promise of the ticket for this visit's photo; of null if it could not be fetched. */
  get ticket() {
    return this.#ticket;
  }

  /** Order a ticket, unless one is younger than that. */
  orderTicket(olderThanMs = 0) {
    if (this.#ticket && performance.now() - this.#orderedAt < olderThanMs) return;
    this.#orderedAt = performance.now();
    this.#ticket = this.#server.fetchTicket().catch(() => null);
  }

  /** Somebody is at it: forget the visit only a while later. */
  touch() {
    if (!this.isTyping) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#clear, FORGET_AFTER_MS);
  }

  /** Begin to send, and end what was being sent; return the signal that ends this. */
  send() {
    clearTimeout(this.#timer);
    this.#sending.abort();
    this.#sending = new AbortController();
    this.#state = "sending";
    return this.#sending.signal;
  }

  /** Back to typing: there was nothing to send, or the roll id is needed after all. */
  resume() {
    clearTimeout(this.#timer);
    this.#sending.abort();
    this.#state = "typing";
    this.touch();
  }

  /**
   * The answer is on the screen, and clears itself.
   * @param {number} shownMs
   */
  answer(shownMs) {
    this.#state = "answered";
    this.#shownAt = performance.now();
    this.#timer = setTimeout(this.#clear, shownMs);
  }

  end() {
    clearTimeout(this.#timer);
    this.#sending.abort();
  }
}
