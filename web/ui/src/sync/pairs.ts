/** ms for which the first sound of a line may come after its start event. */
export const REACH = 700;
/** ms for which it may come before: the event overtakes it, unless the page was busy. */
const BEFORE = 300;
/** So many of each are kept: more never come within twice the reach. */
const KEPT = 32;

interface Line {
  readonly id: string;
  /** Unix seconds of the newest picture that it is about. */
  readonly captureTime: number;
  /** When its start event came. */
  readonly at: number;
}

interface Onset {
  readonly at: number;
  /** ms of silence before it. */
  readonly silence: number;
}

export interface Pair {
  readonly captureTime: number;
  /** When the line was first heard. */
  readonly at: number;
}

/** Finds out which beginning of the voice is that of which line. Times in ms of one clock. */
export class Pairs {
  private lines: Line[] = [];
  private onsets: Onset[] = [];
  private known: string[] = [];

  get waiting(): boolean {
    return this.lines.length > 0;
  }

  line(line: Line): void {
    if (this.known.includes(line.id)) return;
    this.known = [...this.known, line.id].slice(-KEPT);
    this.lines = [...this.lines, line].slice(-KEPT);
  }

  onset(onset: Onset): void {
    this.onsets = [...this.onsets, onset].slice(-KEPT);
  }

  /** Pairs that nothing can change any more, the nearest first; each line and onset once. */
  settled(now: number): Pair[] {
    const near = this.lines
      .flatMap((line) => this.onsets.map((onset) => ({ line, onset })))
      .filter(({ line, onset }) => belong(line, onset))
      .sort((one, other) => distance(one.line, one.onset) - distance(other.line, other.onset));
    const taken = new Set<Line | Onset>();
    const found: Pair[] = [];
    const gone = new Set<Line | Onset>();
    for (const { line, onset } of near) {
      if (taken.has(line) || taken.has(onset)) continue;
      taken.add(line).add(onset);
      if (Math.max(line.at, onset.at) + REACH >= now) continue;
      gone.add(line).add(onset);
      found.push({ captureTime: line.captureTime, at: onset.at });
    }
    const stays = (one: Line | Onset): boolean => !gone.has(one) && one.at + 2 * REACH >= now;
    this.lines = this.lines.filter(stays);
    this.onsets = this.onsets.filter(stays);
    return found;
  }
}

/** A voice that was still speaking when the event came hides the beginning: a later one is a pause's end. */
function belong(line: Line, onset: Onset): boolean {
  const after = onset.at - line.at;
  return -BEFORE <= after && after <= REACH && after <= onset.silence;
}

function distance(line: Line, onset: Onset): number {
  return Math.abs(line.at - onset.at);
}
