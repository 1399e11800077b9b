import { describe, expect, it } from 'vitest';

import { JitterBuffer } from './jitterBuffer';

const TARGET = 500;
const MOST = 4000;
const FADE = 50;
/** The largest step of what is played, where the sound itself is 1 throughout. */
const SMOOTH = 1 / FADE + 1e-6;

function pulled(buffer: JitterBuffer, samples: number): number[] {
  const played: number[] = [];
  const block = new Float32Array(100);
  while (played.length < samples) {
    buffer.pull(block);
    played.push(...block);
  }
  return played;
}

function steps(played: number[]): number {
  return Math.max(...played.slice(1).map((one, at) => Math.abs(one - (played[at] ?? 0))));
}

const ones = (count: number): Float32Array => new Float32Array(count).fill(1);
const made = (rate = 1): JitterBuffer => new JitterBuffer(rate, TARGET, MOST, FADE);

describe('JitterBuffer', () => {
  it('waits until enough is there, then plays without a click', () => {
    const buffer = made();
    buffer.push(ones(TARGET - 1));
    expect(Math.max(...pulled(buffer, 500))).toBe(0);
    buffer.push(ones(101));
    const played = pulled(buffer, 300);
    expect(played.at(-1)).toBe(1);
    expect(steps([0, ...played])).toBeLessThan(SMOOTH);
  });

  it('fades into silence when it runs dry, and goes on with more in hand than before', () => {
    const buffer = made();
    buffer.push(ones(TARGET));
    const played = pulled(buffer, 1000);
    buffer.push(ones(TARGET));
    played.push(...pulled(buffer, 200));
    expect(played.slice(-400)).toEqual(new Array<number>(400).fill(0));
    buffer.push(ones(TARGET));
    played.push(...pulled(buffer, 200));
    expect(played.at(-1)).toBe(1);
    expect(steps(played)).toBeLessThan(SMOOTH);
  });

  it('returns to its target from too much, without a click', () => {
    const buffer = made();
    buffer.push(ones(TARGET));
    const played = pulled(buffer, 100);
    buffer.push(ones(MOST));
    played.push(...pulled(buffer, 400));
    expect(buffer.kept).toBeLessThanOrEqual(TARGET);
    expect(buffer.kept).toBeGreaterThan(TARGET - 400);
    expect(steps(played)).toBeLessThan(SMOOTH);
  });

  it('keeps no more than twice its limit, however much comes', () => {
    const buffer = made();
    for (let piece = 0; piece < 50; piece += 1) {
      buffer.push(ones(MOST / 2));
      expect(buffer.kept).toBeLessThanOrEqual(2 * MOST);
    }
  });

  it('plays a stream of another rate in its own time', () => {
    const buffer = made(0.5);
    const slope = Float32Array.from({ length: 1500 }, (_, at) => at);
    buffer.push(slope);
    const played = pulled(buffer, 200).slice(100);
    const rises = played.slice(1).map((one, at) => one - (played[at] ?? 0));
    expect(Math.min(...rises)).toBeCloseTo(0.5 * 1.005, 2);
    expect(Math.max(...rises)).toBeCloseTo(0.5 * 1.005, 2);
  });

  it('goes on at an even pace for hours where the other clock is a little faster', () => {
    const buffer = made();
    let most = 0;
    let played = 1;
    buffer.push(ones(TARGET));
    pulled(buffer, 100);
    for (let round = 0; round < 20_000; round += 1) {
      buffer.push(ones(round % 5 === 0 ? 101 : 100));
      played = Math.min(played, ...pulled(buffer, 100));
      most = Math.max(most, buffer.kept);
    }
    expect(played).toBe(1);
    expect(most).toBeLessThan(3 * TARGET);
  });
});
