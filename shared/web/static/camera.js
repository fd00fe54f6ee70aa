// The camera of a phone or a desk: shows itself, takes photos, and has a sentence for every way it can fail.

import { gettext } from "./words.js";

export class CameraProblem extends Error {
  #title;
  #text;

  /**
   * Both say it in the language that the page has when they are asked.
   * @param {() => string} title
   * @param {() => string} text
   */
  constructor(title, text) {
    super(`${title()} ${text()}`);
    this.name = "CameraProblem";
    this.#title = title;
    this.#text = text;
  }

  get title() {
    return this.#title();
  }

  get text() {
    return this.#text();
  }
}

const INSECURE = new CameraProblem(
  () => gettext("The camera needs a secure connection."),
  () =>
    gettext("This page was opened over plain HTTP. Open %(address)s instead.", {
      address: location.href.replace(/^http:/, "https:").split("?")[0],
    }),
);

/** @type {Record<string, CameraProblem>} */
const PROBLEMS = {
  NotAllowedError: new CameraProblem(
    () => gettext("The camera was refused."),
    () =>
      gettext(
        "Tap the lock or camera icon beside the address, allow the camera for this page, then load the page again.",
      ),
  ),
  NotFoundError: new CameraProblem(
    () => gettext("No camera was found."),
    () => gettext("Plug a camera in, or open this page on a device that has one, then load the page again."),
  ),
  NotReadableError: new CameraProblem(
    () => gettext("The camera is in use."),
    () => gettext("Another program or tab holds the camera. Close it, then try again."),
  ),
};
PROBLEMS.SecurityError = PROBLEMS.NotAllowedError;
PROBLEMS.OverconstrainedError = PROBLEMS.NotFoundError;
PROBLEMS.AbortError = PROBLEMS.NotReadableError;

/**
 * Return any failure of the camera as a CameraProblem with a title and a text for the person.
 * @param {unknown} error
 */
export function explain(error) {
  if (error instanceof CameraProblem) return error;
  const name = error instanceof Error ? error.name : "";
  return (
    PROBLEMS[name] ??
    new CameraProblem(
      () => gettext("The camera does not answer."),
      () => gettext("Load the page again."),
    )
  );
}

export class Camera {
  #video;
  /** @type {MediaStream | null} */
  #stream = null;
  // Counts starts and stops: a start that one of them overtook, while the browser asked or the camera woke, is over.
  #orders = 0;

  /**
   * When the camera is unplugged or taken away while it runs, the element gets a "camera-lost" event.
   * @param {HTMLVideoElement} videoElement shows the preview; mirror it with CSS, the photo never is
   */
  constructor(videoElement) {
    this.#video = videoElement;
  }

  /** Show the camera. Rejects with a CameraProblem. */
  async start() {
    if (!window.isSecureContext || !navigator.mediaDevices) throw INSECURE;
    this.stop();
    const order = this.#orders;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } },
      });
      if (order !== this.#orders) {
        end(stream);
        return;
      }
      this.#stream = stream;
      const [track] = stream.getVideoTracks();
      track.addEventListener("ended", () => this.#video.dispatchEvent(new Event("camera-lost")));
      this.#video.srcObject = stream;
      await this.#video.play();
    } catch (error) {
      if (order !== this.#orders) return;
      this.stop();
      throw explain(error);
    }
  }

  stop() {
    this.#orders += 1;
    end(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /** Return one JPEG of at most `width` pixels across, in the camera's own proportions, not mirrored. */
  async snap({ width = 640, quality = 0.9 } = {}) {
    const { videoWidth, videoHeight } = this.#video;
    if (!this.#stream || !videoWidth) throw explain(null);
    const canvas = document.createElement("canvas");
    canvas.width = Math.min(width, videoWidth);
    canvas.height = Math.round((videoHeight * canvas.width) / videoWidth);
    canvas.getContext("2d")?.drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const photo = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!photo) throw explain(null);
    return photo;
  }
}

/** @param {MediaStream | null} stream */
function end(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
