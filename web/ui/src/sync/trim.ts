/** Lines that a change waits for: by fewer, one that was late on its way would count too much. */
const ENOUGH = 5;
/** Seconds that nobody notices. */
const FINE = 0.015;
/** Seconds beyond which it is not on the way that sound is late: with `delay: 0`, say. */
const FAR = 0.4;
/** ms. */
const MOST = 250;

/**
 * By how long a browser is to hold up the picture, so that it comes with its sound: what decodes and
 * mixes sound takes longer than what shows pictures, and the more so the busier the machine is.
 */
export class Trim {
  /** ms. */
  held = 0;
  private errors: number[] = [];

  /** Takes the error of one more line (s, positive: the sound is early); says whether `held` changed. */
  take(error: number): boolean {
    if (Math.abs(error) > FAR) return false;
    this.errors = [...this.errors, error].slice(-ENOUGH);
    if (this.errors.length < ENOUGH) return false;
    const middle = [...this.errors].sort((one, other) => one - other)[Math.floor(ENOUGH / 2)] ?? 0;
    const held = Math.min(Math.max(this.held - Math.round(middle * 1000), 0), MOST);
    if (Math.abs(middle) < FINE || held === this.held) return false;
    this.held = held;
    this.errors = [];
    return true;
  }
}
