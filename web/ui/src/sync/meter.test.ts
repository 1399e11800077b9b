import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SyncMeter } from './meter';
import { Screen } from './testScreen';

const START = 1_764_000_000;

describe('SyncMeter', () => {
  let screen: Screen;
  let meter: SyncMeter;

  beforeEach(() => {
    vi.useFakeTimers({ now: START * 1000 });
    vi.stubGlobal('RTCRtpReceiver', class { createEncodedStreams(): void { /* Chromium's */ } });
    vi.stubGlobal('HTMLVideoElement', class { requestVideoFrameCallback(): void { /* its, too */ } });
    screen = new Screen();
    meter = new SyncMeter();
    meter.watchVideo(screen.video, screen.track);
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** A second of pictures, ten a second, taken 3 s before they are seen. */
  function second(late = 0): number {
    const now = performance.now();
    for (let frame = 0; frame < 10; frame += 1) {
      vi.advanceTimersByTime(100);
      screen.show(START + (now + frame * 100) / 1000 - 3, now + frame * 100 + late);
    }
    return now;
  }

  it('takes the time from the sound to the picture that the line is about', () => {
    const now = second();
    meter.onset(now + 900 + 30);
    meter.line('a', START + (now + 900) / 1000 - 3);
    second();
    second();
    const { samples, median, worst } = meter.snapshot();
    expect(samples.map(({ error }) => error)).toEqual([expect.closeTo(-0.03, 4)]);
    expect(samples[0]?.at).toBeCloseTo(START + (now + 930) / 1000, 2);
    expect(median).toBeCloseTo(-0.03, 4);
    expect(worst).toBeCloseTo(0.03, 4);
  });

  it('lets the picture wait for sound that is always late', () => {
    for (let line = 0; line < 6; line += 1) {
      const now = second();
      meter.line(String(line), START + (now + 900) / 1000 - 3);
      meter.onset(now + 970);
      second();
      second();
    }
    expect(screen.receiver.jitterBufferTarget).toBe(70);
    const next = new Screen();
    meter.watchVideo(next.video, next.track);
    expect(next.receiver.jitterBufferTarget).toBe(70);
  });

  it('waits for a picture that is later than its line', () => {
    const now = second();
    meter.line('a', START + (now + 1400) / 1000 - 3);
    meter.onset(now + 1000, 2);
    second();
    second();
    expect(meter.snapshot().median).toBeCloseTo(0.4, 4);
  });

  it('gives nothing for a line without sound, without picture, or of a voice that went on', () => {
    second();
    meter.line('silent', START - 3);
    for (let step = 0; step < 3; step += 1) second();
    meter.line('unseen', START - 100);
    meter.onset(performance.now());
    for (let step = 0; step < 3; step += 1) second();
    meter.line('cut in', START - 3);
    meter.onset(performance.now() + 600, 0.3);
    for (let step = 0; step < 8; step += 1) second();
    expect(meter.snapshot().samples).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells of each change, keeps the newest 120 and the same object between', () => {
    const told = vi.fn();
    const stop = meter.subscribe(told);
    for (let line = 0; line < 130; line += 1) {
      const now = second(line);
      meter.line(String(line), START + (now + 900) / 1000 - 3);
      meter.onset(now + 900);
      second(line);
      second(line);
    }
    const reading = meter.snapshot();
    expect(told).toHaveBeenCalledTimes(130);
    expect(reading.samples).toHaveLength(120);
    expect(reading.samples.at(-1)?.error).toBeCloseTo(0.129, 3);
    expect(reading.worst).toBeCloseTo(0.123, 3);
    expect(screen.receiver.jitterBufferTarget).toBeNull();
    expect(meter.snapshot()).toBe(reading);
    stop();
  });

  it('is not possible with pictures that bring no time, until they do', () => {
    expect(meter.snapshot().possible).toBe(true);
    for (let frame = 0; frame < 60; frame += 1) screen.show(undefined, frame);
    expect(meter.snapshot().possible).toBe(false);
    screen.show(START, 60);
    expect(meter.snapshot().possible).toBe(true);
  });

  it('looks no longer than it is to', () => {
    meter.watchVideo(screen.video, screen.track)();
    expect(screen.watched).toBe(false);
  });

  it('is not possible where the browser cannot do it', () => {
    vi.unstubAllGlobals();
    const blind = new SyncMeter();
    expect(blind.snapshot().possible).toBe(false);
    blind.watchVideo(screen.video, screen.track)();
  });
});
