// Short tones for the kiosk's answers and the teacher's bell, made in the browser: no file to load, nothing to wait for.

const TONES_HZ = {
  good: [660, 880],
  known: [660],
  refused: [300, 220],
  ask: [523, 523, 784],
  call: [880, 659, 880, 659],
};
const TONE_S = 0.16;
// What a phone that can be felt does besides, in milliseconds of shaking and rest.
const SHAKES_MS = { good: [70], known: [70, 90, 70], refused: [350], ask: [40, 60, 40], call: [200, 120, 200] };

/** @type {AudioContext | null} */
let audio = null;

/** A page may sound only after a person's action: call this from a tap or a key. */
export async function allowSound() {
  audio ??= new AudioContext();
  await audio.resume();
}

export const isSoundAllowed = () => audio?.state === "running";

/**
 * Rising for good, one tone for known, falling for refused, two and a higher one for what is asked, a bell for a call.
 * @param {keyof typeof TONES_HZ} mood
 */
export function play(mood) {
  const output = audio;
  if (!output) return;
  navigator.vibrate?.(SHAKES_MS[mood]);
  TONES_HZ[mood].forEach((frequency, index) => {
    const tone = output.createOscillator();
    const volume = output.createGain();
    const begin = output.currentTime + index * TONE_S;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.25, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + TONE_S);
    tone.connect(volume).connect(output.destination);
    tone.start(begin);
    tone.stop(begin + TONE_S);
  });
}
