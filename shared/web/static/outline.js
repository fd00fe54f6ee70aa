// The outline that the face belongs in, drawn over the camera's picture, with an arrow where to move and a tick when
// all is well.

import { find } from "./page.js";
import { outlineIn } from "./snap-hints.js";

/** @typedef {import("./snap-hints.js").Hint} Hint */

export class Outline {
  #svg;

  /**
   * @param {SVGSVGElement} svg as the template `shared/camera.html` draws it
   * @param {HTMLVideoElement} video which it lies on
   */
  constructor(svg, video) {
    this.#svg = svg;
    // It is drawn in the video's own pixels, so that it lies on the picture however the screen cuts it.
    video.addEventListener("resize", () => this.#place(video.videoWidth, video.videoHeight));
  }

  /** @param {Hint} hint what is to be seen of it */
  show(hint) {
    this.#svg.dataset.hint = hint;
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #place(width, height) {
    if (!width) return;
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const place = outlineIn(width, height);
    for (const ellipse of this.#svg.querySelectorAll("ellipse"))
      for (const [name, value] of Object.entries(place)) ellipse.setAttribute(name, String(value));
    const { cx, cy, ry } = place;
    find("g", SVGGElement, this.#svg).setAttribute("transform", `translate(${cx} ${cy}) scale(${ry})`);
  }
}
