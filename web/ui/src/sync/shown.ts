/** Half a minute of a fast camera. */
const KEPT = 900;
/** Seconds between two pictures beyond which nothing is said of the time between. */
const GAP = 0.5;

interface Frame {
  /** Unix seconds. */
  readonly capture: number;
  /** ms. */
  readonly at: number;
}

/** When which picture was on the screen. */
export class Shown {
  private frames: Frame[] = [];

  /** A picture taken at `capture` (Unix s) is seen at `at` (ms). */
  add(capture: number, at: number): void {
    const last = this.frames.at(-1);
    if (last?.capture === capture) return;
    // Another clock: what was seen before is of no use.
    if (last && capture < last.capture) this.frames = [];
    this.frames.push({ capture, at });
    if (this.frames.length > KEPT) this.frames.splice(0, KEPT / 2);
  }

  clear(): void {
    this.frames = [];
  }

  /** When the picture of that time was seen, in ms; undefined: never. A browser leaves some out. */
  when(capture: number): number | 'later' | undefined {
    const index = this.frames.findLastIndex((frame) => frame.capture <= capture);
    const [before, after] = [this.frames[index], this.frames[index + 1]];
    if (!before) return this.frames.length > 0 ? undefined : 'later';
    if (before.capture === capture) return before.at;
    if (!after) return 'later';
    const gap = after.capture - before.capture;
    if (gap > GAP) return undefined;
    return before.at + ((after.at - before.at) * (capture - before.capture)) / gap;
  }
}
