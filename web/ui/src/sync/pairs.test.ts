import { describe, expect, it } from 'vitest';

import { Pairs } from './pairs';

const LATER = 1e6;

/** Pairs as [capture time, onset] from lines [event at, capture time] and onsets [at, silence]. */
function paired(lines: [number, number][], onsets: [number, number?][]): [number, number][] {
  const pairs = new Pairs();
  for (const [at, silence = Infinity] of onsets) pairs.onset({ at, silence });
  for (const [at, captureTime] of lines) pairs.line({ id: String(captureTime), captureTime, at });
  return pairs
    .settled(LATER)
    .map(({ captureTime, at }): [number, number] => [captureTime, at])
    .sort(([one], [other]) => one - other);
}

describe('Pairs', () => {
  it('takes the onset nearest to the event, whichever came first', () => {
    expect(paired([[1000, 1]], [[1150], [1600]])).toEqual([[1, 1150]]);
    expect(paired([[1000, 1]], [[720], [940]])).toEqual([[1, 940]]);
  });

  it('uses each line and each onset once, nearest first', () => {
    const lines: [number, number][] = [
      [1000, 1],
      [1500, 2],
    ];
    expect(paired(lines, [[1450]])).toEqual([[2, 1450]]);
    expect(paired(lines, [[1450], [1600]])).toEqual([[2, 1450], [1, 1600]].sort());
  });

  it('makes nothing of a line without sound, and of a sound without a line', () => {
    expect(paired([[1000, 1]], [[1800], [600]])).toEqual([]);
    expect(paired([[1000, 1]], [])).toEqual([]);
    expect(paired([], [[1000]])).toEqual([]);
  });

  it('takes no pause within a line for the beginning of one that cut in', () => {
    expect(paired([[1000, 1]], [[1600, 300]])).toEqual([]);
    expect(paired([[1000, 1]], [[1200, 300]])).toEqual([[1, 1200]]);
  });

  it('decides only when nothing nearer can come any more', () => {
    const pairs = new Pairs();
    pairs.line({ id: 'a', captureTime: 1, at: 1000 });
    pairs.onset({ at: 1600, silence: Infinity });
    expect(pairs.settled(1700)).toEqual([]);
    pairs.line({ id: 'b', captureTime: 2, at: 1750 });
    expect(pairs.settled(2350)).toEqual([]);
    expect(pairs.settled(2500)).toEqual([{ captureTime: 2, at: 1600 }]);
    expect(pairs.settled(LATER)).toEqual([]);
  });

  it('knows a line that is told twice', () => {
    const pairs = new Pairs();
    for (const at of [1000, 1100]) pairs.line({ id: 'a', captureTime: 1, at });
    for (const at of [1010, 1110]) pairs.onset({ at, silence: 300 });
    expect(pairs.settled(LATER)).toEqual([{ captureTime: 1, at: 1010 }]);
    pairs.line({ id: 'a', captureTime: 1, at: 1000 });
    expect(pairs.waiting).toBe(false);
  });

  it('forgets what is over, and holds little meanwhile', () => {
    const pairs = new Pairs();
    for (let at = 0; at < 1000; at += 1) {
      pairs.line({ id: String(at), captureTime: at, at });
      pairs.onset({ at, silence: Infinity });
    }
    expect(pairs.settled(LATER).length).toBeLessThanOrEqual(32);
    pairs.line({ id: 'silent', captureTime: 1, at: LATER });
    expect(pairs.settled(2 * LATER)).toEqual([]);
    expect(pairs.waiting).toBe(false);
  });
});
