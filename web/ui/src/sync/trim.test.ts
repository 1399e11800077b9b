import { describe, expect, it } from 'vitest';

import { Trim } from './trim';

/** What `held` is after each error (ms) of a browser whose sound is `late` (ms). */
function run(trim: Trim, late: number, lines: number, noise: (line: number) => number = () => 0): number[] {
  return Array.from({ length: lines }, (_, line) => {
    trim.take((trim.held - late + noise(line)) / 1000);
    return trim.held;
  });
}

describe('Trim', () => {
  it('holds up the picture by as much as the sound is late, and less when it is no longer', () => {
    const trim = new Trim();
    expect(run(trim, 80, 4).at(-1)).toBe(0);
    expect(run(trim, 80, 10).at(-1)).toBe(80);
    expect(run(trim, 30, 10).at(-1)).toBe(30);
  });

  it('stays where the error is small, or only single lines are far off', () => {
    const trim = new Trim();
    expect(Math.max(...run(trim, 0, 100, (line) => (line % 3 === 0 ? -300 : (line % 5) * 3)))).toBe(0);
  });

  it('has its limits', () => {
    const trim = new Trim();
    expect(run(trim, 390, 50).at(-1)).toBe(250);
    expect(run(new Trim(), 900, 50).at(-1)).toBe(0);
    expect(run(trim, -100, 50).at(-1)).toBe(0);
  });
});
