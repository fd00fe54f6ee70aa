// Runs YuNet, the server's own face detector, on a small picture in plain JavaScript. modelling/page_detector.py writes
// the file that holds its layers and weights, and says how that is laid out.

/** @typedef {{ width: number, height: number, data: Uint8ClampedArray }} Picture RGBA, as an ImageData is */
/**
 * What a layer makes: place after place, row after row, the channels of a place side by side.
 * @typedef {{ rows: number, columns: number, channels: number, values: Float32Array }} Plane
 */
/** @typedef {{ weights: Float32Array, biases: Float32Array }} Convolution */
/**
 * @typedef {{ kind: "first" | "unit" | "halve" | "add", from: number, half: number, inputs: number, outputs: number,
 *   rectified: boolean, whole: Convolution, each: Convolution }} Layer `whole` looks at all channels, `each` at one
 */

const COARSEST_STEP = 32;

export class FaceNetwork {
  /** @type {Layer[]} */
  #layers;
  /** @type {{ stride: number, from: number }[]} */
  #tables;
  /** @type {{ seen: Plane, made: Plane[], between: Plane[] } | null} for pictures of one size */
  #room = null;

  /**
   * Throws where the file is not laid out as it should be.
   * @param {ArrayBuffer} file
   */
  constructor(file) {
    const length = new DataView(file).getUint32(0, true);
    const { layers, tables } = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, length)));
    this.#layers = layers;
    this.#tables = tables;
    readWeights(layers, file, 4 + length);
  }

  /**
   * Return a table for each stride, with sixteen numbers for every place; good until the next run.
   * @param {Picture} picture
   */
  run(picture) {
    const rows = upTo(COARSEST_STEP, picture.height);
    const columns = upTo(COARSEST_STEP, picture.width);
    if (this.#room?.seen.rows !== rows + 2 || this.#room.seen.columns !== columns + 2)
      this.#room = makeRoom(this.#layers, rows, columns);
    const { seen, made, between } = this.#room;
    copyInto(seen, picture);
    for (const [number, layer] of this.#layers.entries()) {
      const { kind, from, half, whole, each, rectified } = layer;
      if (kind === "first") {
        gather(seen, between[number]);
        mix(between[number], whole, made[number], 0);
      } else if (kind === "unit") {
        mix(made[from], whole, between[number], -Infinity);
        lookAround(between[number], each, made[number], rectified ? 0 : -Infinity);
      } else if (kind === "halve") halve(made[from], made[number]);
      else add(made[from], made[half], made[number]);
    }
    return this.#tables.map(({ stride, from }) => ({ stride, table: made[from] }));
  }
}

/**
 * @param {number} step
 * @param {number} number
 */
const upTo = (step, number) => Math.ceil(number / step) * step;

/**
 * @param {number} rows
 * @param {number} columns
 * @param {number} channels
 * @returns {Plane}
 */
const empty = (rows, columns, channels) => ({
  rows,
  columns,
  channels,
  values: new Float32Array(rows * columns * channels),
});

/**
 * Give each layer its weights.
 * @param {Layer[]} layers
 * @param {ArrayBuffer} file
 * @param {number} start
 */
function readWeights(layers, file, start) {
  const wholes = layers.reduce((sum, { kind, inputs, outputs }) => sum + (kind === "unit" ? inputs * outputs : 0), 0);
  const middle = file.byteLength - wholes;
  const takeNumbers = taker(new Float32Array(file, start, (middle - start) / 4));
  const takeBytes = taker(new Int8Array(file, middle));
  for (const layer of layers) {
    const { kind, inputs, outputs } = layer;
    if (kind === "first") layer.whole = { weights: takeNumbers(9 * inputs * outputs), biases: takeNumbers(outputs) };
    if (kind !== "unit") continue;
    const [scales, zeros, biases] = [takeNumbers(outputs), takeNumbers(outputs), takeNumbers(outputs)];
    const weights = Float32Array.from(takeBytes(inputs * outputs), (value, at) => {
      const output = Math.floor(at / inputs);
      return (value - zeros[output]) * scales[output];
    });
    layer.whole = { weights, biases };
    layer.each = { weights: takeNumbers(9 * outputs), biases: takeNumbers(outputs) };
  }
}

/**
 * Return what gives the next so many numbers, again and again.
 * @template {Float32Array | Int8Array} T
 * @param {T} numbers
 */
function taker(numbers) {
  let taken = 0;
  return (/** @type {number} */ count) => {
    taken += count;
    return /** @type {T} */ (numbers.subarray(taken - count, taken));
  };
}

/**
 * What is looked at with its neighbours has an edge of zeros round it.
 * @param {Layer[]} layers
 * @param {number} rows
 * @param {number} columns
 */
function makeRoom(layers, rows, columns) {
  /** @type {Plane[]} */
  const made = [];
  /** @type {Plane[]} what a layer makes on its way */
  const between = [];
  for (const [number, { kind, from, outputs }] of layers.entries()) {
    const before = made[from] ?? { rows, columns };
    const shrink = kind === "first" || kind === "halve" ? 2 : 1;
    const plane = empty(before.rows / shrink, before.columns / shrink, outputs ?? before.channels);
    made.push(plane);
    if (kind === "first") between[number] = empty(plane.rows, plane.columns, 27);
    if (kind === "unit") between[number] = empty(plane.rows + 2, plane.columns + 2, outputs);
  }
  return { seen: empty(rows + 2, columns + 2, 3), made, between };
}

/**
 * @param {Plane} seen
 * @param {Picture} picture smaller, or as large without the edge: what it does not fill stays black
 */
function copyInto({ columns, values }, { width, height, data }) {
  values.fill(0);
  for (let row = 0; row < height; row += 1) {
    let to = ((row + 1) * columns + 1) * 3;
    for (let at = row * width * 4; at < (row + 1) * width * 4; at += 4, to += 3) {
      values[to] = data[at];
      values[to + 1] = data[at + 1];
      values[to + 2] = data[at + 2];
    }
  }
}

/**
 * Put the 3x3 pixels round every other one side by side.
 * @param {Plane} seen with an edge
 * @param {Plane} made
 */
function gather(seen, { rows, columns, values }) {
  const line = seen.columns * 3;
  for (let row = 0, to = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const corner = 2 * row * line + 6 * column;
      for (let start = corner; start <= corner + 2 * line; start += line)
        for (let at = start; at < start + 9; at += 1, to += 1) values[to] = seen.values[at];
    }
}

/**
 * A convolution of each place alone. Two places and four outputs at a time: that is several times faster than one by
 * one, because every number that is fetched is used more than once.
 * @param {Plane} source
 * @param {Convolution} convolution
 * @param {Plane} made may be larger by an edge of zeros
 * @param {number} least what is less becomes this
 */
function mix({ rows, columns, channels: inputs, values: from }, { weights, biases }, made, least) {
  const { channels: outputs, values: to } = made;
  const edge = (made.columns - columns) / 2;
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 2) {
      const next = column + 1 < columns ? 1 : 0; // of an odd row's last place both are the same
      const one = (row * columns + column) * inputs;
      const two = one + next * inputs;
      const toOne = ((row + edge) * made.columns + column + edge) * outputs;
      const toTwo = toOne + next * outputs;
      for (let output = 0; output < outputs; output += 4) {
        let a = biases[output];
        let b = biases[output + 1];
        let c = biases[output + 2];
        let d = biases[output + 3];
        let [e, f, g, h] = [a, b, c, d];
        let weight = output * inputs;
        for (let input = 0; input < inputs; input += 1, weight += 1) {
          const first = from[one + input];
          const second = from[two + input];
          const w = weights[weight];
          const x = weights[weight + inputs];
          const y = weights[weight + 2 * inputs];
          const z = weights[weight + 3 * inputs];
          a += first * w;
          b += first * x;
          c += first * y;
          d += first * z;
          e += second * w;
          f += second * x;
          g += second * y;
          h += second * z;
        }
        to[toOne + output] = Math.max(a, least);
        to[toOne + output + 1] = Math.max(b, least);
        to[toOne + output + 2] = Math.max(c, least);
        to[toOne + output + 3] = Math.max(d, least);
        to[toTwo + output] = Math.max(e, least);
        to[toTwo + output + 1] = Math.max(f, least);
        to[toTwo + output + 2] = Math.max(g, least);
        to[toTwo + output + 3] = Math.max(h, least);
      }
    }
}

/**
 * A convolution of 3x3 of each channel alone.
 * @param {Plane} source with an edge
 * @param {Convolution} convolution
 * @param {Plane} made
 * @param {number} least what is less becomes this
 */
function lookAround(source, { weights: k, biases }, { rows, columns, channels: n, values }, least) {
  const from = source.values;
  const line = source.columns * n;
  for (let row = 0, to = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const start = row * line + column * n;
      for (let channel = 0; channel < n; channel += 1, to += 1) {
        const top = start + channel;
        const mid = top + line;
        const low = mid + line;
        const sum =
          biases[channel] +
          from[top] * k[channel] +
          from[top + n] * k[channel + n] +
          from[top + 2 * n] * k[channel + 2 * n] +
          from[mid] * k[channel + 3 * n] +
          from[mid + n] * k[channel + 4 * n] +
          from[mid + 2 * n] * k[channel + 5 * n] +
          from[low] * k[channel + 6 * n] +
          from[low + n] * k[channel + 7 * n] +
          from[low + 2 * n] * k[channel + 8 * n];
        values[to] = Math.max(sum, least);
      }
    }
  }
}

/**
 * The largest of each 2x2.
 * @param {Plane} source
 * @param {Plane} made
 */
function halve({ columns: wide, values: from }, { rows, columns, channels, values }) {
  for (let row = 0, to = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      for (let channel = 0; channel < channels; channel += 1, to += 1) {
        const top = (2 * row * wide + 2 * column) * channels + channel;
        const low = top + wide * channels;
        values[to] = Math.max(from[top], from[top + channels], from[low], from[low + channels]);
      }
}

/**
 * A map and one of half its size, each of whose places counts for 2x2.
 * @param {Plane} source
 * @param {Plane} half
 * @param {Plane} made
 */
function add({ rows, columns, channels, values: from }, half, { values }) {
  for (let row = 0, to = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const at = ((row >> 1) * half.columns + (column >> 1)) * channels;
      for (let channel = 0; channel < channels; channel += 1, to += 1)
        values[to] = from[to] + half.values[at + channel];
    }
}
