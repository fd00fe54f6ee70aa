// What the kiosk says to the server: everything signed with the phone's key, every check-in with a ticket of its own.

import { send } from "/shared-static/http.js";
import { gettext } from "/shared-static/words.js";
import { PhoneKey } from "./kiosk-key.js";
import { chosenLanguage } from "./kiosk-language.js";

/** @typedef {import("./kiosk-screens.js").Answer} Answer */
/** @typedef {{ here: number, expected: number, over: string | null }} Status */
/** @typedef {{ status: number, answer: any, key: string }} Delivered an {@link Answer} where the status is 200, else {error} */
/** @typedef {{ of: string, frames: Blob[] }} Film of a turn of the head: the key of the request it answers, JPEGs */
/**
 * @typedef {{ classCode: string, rollId: string, photo: Blob, ticket: Promise<string | null> | null,
 *   turn?: Film | null, yesTo?: string | null }} CheckIn without class and roll id the face is looked up; `yesTo` is the key
 *   of the request that was answered with the name
 */
/** @typedef {{ method?: string, body?: FormData, signal?: AbortSignal }} Options */

const ONE_TRY_MS = 12_000;
const BETWEEN_TRIES_MS = [1000, 2000, 4000];
const TRY_AGAIN = [408, 502, 503, 504];

const hexadecimal = (/** @type {ArrayBuffer} */ buffer) =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const digestOf = async (/** @type {Blob} */ blob) =>
  hexadecimal(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));

// This browser is not, or no longer, the phone that was handed round.
export class NotThisPhone extends Error {}

// The pass was ended: the page has nothing to say any more.
export class PassEnded extends Error {}

export class Server {
  #passId;
  /** @type {PhoneKey | null} */
  #key = null;
  /** @type {Promise<PhoneKey> | null} */
  #binding = null;

  /** Whether the server said that this is not the phone that was handed round. */
  isLost = false;

  /** @param {string} passId */
  constructor(passId) {
    this.#passId = passId;
  }

  // Bind the pass to this browser's key; gives the key. What failed for want of a network is tried again.
  async bind() {
    this.#binding ??= this.#bind();
    try {
      return await this.#binding;
    } catch (error) {
      this.#binding = null;
      throw error;
    }
  }

  async #bind() {
    this.#key ??= await PhoneKey.of(this.#passId);
    const body = new FormData();
    body.append("public_key", await this.#key.publicKey());
    const response = await this.#ask("/kiosk/key", { method: "POST", body });
    if (!response.ok) throw new Error(`the key was answered with ${response.status}`);
    return this.#key;
  }

  /**
   * The lecture's state and the counter; null if the server has trouble.
   * @returns {Promise<Status | null>}
   */
  async status() {
    const response = await this.#askSigned("/kiosk/status");
    return response.ok ? response.json() : null;
  }

  /**
   * @param {Options} options
   * @returns {Promise<string>}
   */
  async fetchTicket(options = {}) {
    const response = await this.#askSigned("/kiosk/ticket", { ...options, method: "POST" });
    if (!response.ok) throw new Error(`the ticket was answered with ${response.status}`);
    return (await response.json()).ticket;
  }

  /**
   * Send a check-in or a call until it is answered or given up (`signal`); `onDelay` hears why a try failed.
   * The key stays the same, so that the register marks once; a new try takes a new ticket.
   * @param {string} address
   * @param {CheckIn} checkIn
   * @param {{ signal: AbortSignal, onDelay: (words: string) => void }} how
   * @returns {Promise<Delivered | null>}
   */
  async deliver(address, { classCode, rollId, photo, ticket, turn = null, yesTo = null }, { signal, onDelay }) {
    const digest = await digestOf(photo);
    const key = crypto.randomUUID();
    const film = turn ? [turn.of, ...(await Promise.all(turn.frames.map(digestOf)))] : [];
    let next = ticket;
    for (let tries = 0; !signal.aborted; tries += 1) {
      let words = gettext("Not sent yet, trying again…");
      try {
        const fetched = (await next) ?? (await this.fetchTicket({ signal }));
        const body = new FormData();
        const about = yesTo ? { photo_digest: digest, yes_to: yesTo } : { class_code: classCode, roll_id: rollId };
        const fields = { ticket: fetched, idempotency_key: key, ...about };
        for (const [name, value] of Object.entries(fields)) body.append(name, value);
        if (!yesTo) body.append("photo", photo, "photo.jpg");
        if (turn) body.append("turn_of", turn.of);
        for (const frame of turn?.frames ?? []) body.append("frame", frame, "frame.jpg");
        const lines = [fetched, key, digest, ...(yesTo ? [yesTo] : [classCode, rollId]), ...film];
        const response = await this.#askSigned(address, { method: "POST", body, signal }, lines);
        const answer = await response.json();
        if (!TRY_AGAIN.includes(response.status)) return { status: response.status, answer, key };
        words = answer.error;
      } catch (error) {
        if (error instanceof NotThisPhone || error instanceof PassEnded) throw error;
        // No network, or no answer in time; or it came from a proxy.
      }
      next = null;
      if (signal.aborted) break;
      onDelay(words);
      await new Promise((done) => setTimeout(done, BETWEEN_TRIES_MS[Math.min(tries, BETWEEN_TRIES_MS.length - 1)]));
    }
    return null;
  }

  /**
   * @param {string} address
   * @param {Options} options
   * @param {string[]} lines what is signed besides the address
   */
  async #askSigned(address, options = {}, lines = []) {
    const key = await this.bind();
    const signature = await key.sign(address, ...lines);
    return this.#ask(address, { ...options, headers: { "X-Kiosk-Signature": signature } });
  }

  /**
   * @param {string} address
   * @param {Options & { headers?: Record<string, string> }} options
   */
  async #ask(address, options) {
    const headers = { ...options.headers, "X-Kiosk-Language": chosenLanguage() };
    const response = await send(address, { ...options, headers, timeoutMs: ONE_TRY_MS });
    if (response.status === 403) {
      this.isLost = true;
      throw new NotThisPhone((await response.json()).error);
    }
    if (response.status === 404) throw new PassEnded();
    return response;
  }
}
