// The camera's picture on the kiosk: the photo that was taken, and what to say when the camera fails.

import { Camera, explain } from "/shared-static/camera.js";
import { find } from "/shared-static/page.js";
import { hearLanguage, label } from "./kiosk-language.js";

const video = find("#camera", HTMLVideoElement);
const shot = find("#shot", HTMLImageElement);
const shutter = find("#shutter", HTMLButtonElement);
const problem = find("#camera-problem", HTMLElement);

const NEXT_FRAME_MS = 150;

export class Stage {
  #camera = new Camera(video);
  /** @type {Blob | null} of this turn, a JPEG */
  photo = null;

  constructor() {
    find("button", HTMLButtonElement, problem).addEventListener("click", () => this.start());
    video.addEventListener("camera-lost", () => showProblem(explain(new DOMException("", "NotFoundError"))));
  }

  get isRunning() {
    return Boolean(video.srcObject);
  }

  async start() {
    problem.hidden = true;
    try {
      await this.#camera.start();
    } catch (error) {
      showProblem(explain(error));
    }
  }

  stop() {
    this.#camera.stop();
  }

  /** Take the photo; false while the camera is not ready. */
  async snap() {
    this.drop();
    try {
      this.photo = await this.#camera.snap({ width: 640, quality: 0.9 });
      shot.src = URL.createObjectURL(this.photo);
    } catch {
      return false;
    }
    shot.hidden = false;
    shutter.dataset.again = "";
    label(shutter, "take_again");
    return true;
  }

  /** Show the camera again without dropping the photo. */
  showLive() {
    shot.hidden = true;
  }

  /** Show the photo that was taken again. */
  showPhoto() {
    shot.hidden = !this.photo;
  }

  /**
   * One frame of a film as a JPEG; the next one that the camera gives, because the server takes none twice.
   * @param {{ width: number, quality: number }} how
   */
  async snapFrame(how) {
    await nextFrame();
    return this.#camera.snap(how);
  }

  drop() {
    if (shot.src) URL.revokeObjectURL(shot.src);
    shot.removeAttribute("src");
    shot.hidden = true;
    this.photo = null;
    delete shutter.dataset.again;
    label(shutter, "take");
  }
}

/**
 * A camera that stands still is not waited for.
 * @returns {Promise<void>}
 */
function nextFrame() {
  return new Promise((resolve) => {
    setTimeout(resolve, NEXT_FRAME_MS);
    video.requestVideoFrameCallback?.(() => resolve());
  });
}

/** @type {import("/shared-static/camera.js").CameraProblem | null} */
let failure = null;

/** @param {import("/shared-static/camera.js").CameraProblem} met */
function showProblem(met) {
  failure = met;
  find(".big", HTMLElement, problem).textContent = met.title;
  find(".sentence", HTMLElement, problem).textContent = met.text;
  problem.hidden = false;
}

hearLanguage(() => failure && !problem.hidden && showProblem(failure));
