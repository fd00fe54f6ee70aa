// The key that binds the kiosk pass to this browser. It is made here, can sign but never be read or copied, and is
// kept for a reload; the pass in the cookie alone is worth nothing.

const DATABASE = "kiosk";
const KEYS = "keys";
const MAKE = { name: "ECDSA", namedCurve: "P-256" };
const SIGN = { name: "ECDSA", hash: "SHA-256" };

const toBase64 = (/** @type {ArrayBuffer} */ buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

export class PhoneKey {
  #pair;

  /**
   * @param {CryptoKeyPair} pair
   * @param {boolean} isKept false where the browser keeps nothing, as some do in private windows: a reload loses the key
   */
  constructor(pair, isKept) {
    this.#pair = pair;
    this.isKept = isKept;
  }

  /**
   * Return the key of this pass, made anew for a pass that has none here. Rejects where the page is not secure.
   * @param {string} passId
   */
  static async of(passId) {
    /** @type {CryptoKeyPair | null} */
    const kept = await inStore("readonly", (keys) => keys.get(passId)).catch(() => null);
    if (kept) return new PhoneKey(kept, true);
    const pair = await crypto.subtle.generateKey(MAKE, false, ["sign", "verify"]);
    // Keys of earlier passes are of no use.
    const keep = (/** @type {IDBObjectStore} */ keys) => keys.clear() && keys.put(pair, passId);
    const isKept = await inStore("readwrite", keep).then(
      () => true,
      () => false,
    );
    return new PhoneKey(pair, isKept);
  }

  async publicKey() {
    return toBase64(await crypto.subtle.exportKey("spki", this.#pair.publicKey));
  }

  /**
   * Sign lines of text: an address and what belongs to it.
   * @param {string[]} lines
   */
  async sign(...lines) {
    return toBase64(await crypto.subtle.sign(SIGN, this.#pair.privateKey, new TextEncoder().encode(lines.join("\n"))));
  }
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

/**
 * Do one thing with the stored keys and return its result.
 * @param {IDBTransactionMode} mode
 * @param {(keys: IDBObjectStore) => IDBRequest} action
 */
async function inStore(mode, action) {
  const database = await openDatabase();
  try {
    const transaction = database.transaction(KEYS, mode);
    const request = action(transaction.objectStore(KEYS));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(null);
      transaction.onabort = () => reject(transaction.error);
    });
    return request.result;
  } finally {
    database.close();
  }
}
