import { describe, expect, it } from 'vitest';

import { Shown } from './shown';

function seen(...frames: [number, number][]): Shown {
  const shown = new Shown();
  for (const [capture, at] of frames) shown.add(capture, at);
  return shown;
}

describe('Shown', () => {
  it('says when a picture was seen, also one that the browser left out', () => {
    const shown = seen([10, 1000], [10.1, 1110], [10.3, 1310]);
    expect(shown.when(10)).toBe(1000);
    expect(shown.when(10.3)).toBe(1310);
    expect(shown.when(10.2)).toBeCloseTo(1210);
  });

  it('knows what is still to come, and what came before it looked', () => {
    const shown = seen([10, 1000]);
    expect(shown.when(10.1)).toBe('later');
    expect(shown.when(9.9)).toBeUndefined();
    expect(seen().when(1)).toBe('later');
  });

  it('says nothing of a time in which the picture stood still', () => {
    const shown = seen([10, 1000], [12, 3000]);
    expect(shown.when(11)).toBeUndefined();
    expect(shown.when(12)).toBe(3000);
  });

  it('begins anew with another clock', () => {
    const shown = seen([10, 1000], [5, 1100], [5.1, 1200]);
    expect(shown.when(10)).toBe('later');
    expect(shown.when(5)).toBe(1100);
  });

  it('forgets after a while', () => {
    const shown = new Shown();
    for (let at = 0; at < 5000; at += 1) shown.add(at / 10, at);
    expect(shown.when(10)).toBeUndefined();
    expect(shown.when(499)).toBe(4990);
  });
});
