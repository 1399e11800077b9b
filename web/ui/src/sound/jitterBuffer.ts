/** Share by which it plays faster, or slower, while twice, or half, of what is wished is kept. */
const HURRY = 0.005;

/** Keeps sound until it is played, so that it may come unevenly. All counts are of samples. */
export class JitterBuffer {
  private readonly ring: Float32Array;
  private read = 0;
  private written = 0;
  private gain = 0;
  private filling = true;

  /**
   * `rate`: samples that are played for one that is pulled. It begins with `target` samples, with
   * twice as many each time that they were too few, and returns to them from more than `most`. It
   * never stops or begins at once, but within `fade`.
   */
  constructor(
    private readonly rate: number,
    private target: number,
    private readonly most: number,
    private readonly fade: number,
  ) {
    this.ring = new Float32Array(2 * Math.ceil(most));
  }

  get kept(): number {
    return this.written - this.read;
  }

  push(samples: Float32Array): void {
    for (const sample of samples) {
      this.ring[this.written % this.ring.length] = sample;
      this.written += 1;
    }
    if (this.kept > this.ring.length) this.read = this.written - this.target;
  }

  pull(out: Float32Array): void {
    if (this.kept >= this.target) this.filling = false;
    const pace = this.rate * this.pace();
    let full = this.kept > this.most;
    for (let at = 0; at < out.length; at += 1) {
      const plays = !this.filling && !full && this.kept > this.fade * this.rate + 2;
      const gain = this.gain + (plays ? 1 : -1) / this.fade;
      this.gain = Math.min(Math.max(gain, 0), 1);
      out[at] = this.gain * this.sample();
      if (this.gain > 0) this.read += pace;
      else if (full) this.read = this.written - this.target;
      else if (!this.filling) this.ranDry();
      full &&= this.gain > 0;
    }
  }

  private ranDry(): void {
    this.filling = true;
    this.target = Math.min(2 * this.target, this.most / 4);
  }

  private pace(): number {
    if (this.kept > 2 * this.target) return 1 + HURRY;
    return this.kept < this.target / 2 ? 1 - HURRY : 1;
  }

  private sample(): number {
    const at = Math.floor(this.read);
    const one = this.ring[at % this.ring.length] ?? 0;
    const next = this.ring[(at + 1) % this.ring.length] ?? 0;
    return one + (next - one) * (this.read - at);
  }
}
