import { expect, it } from 'vitest';

import { en } from '../texts/en';
import { parseSources, sourceState, sourceTone } from './sources';
import type { Source } from './sources';

const GATE: Source = {
  name: 'gate',
  room: 'lobby',
  url: 'rtsp://10.0.0.7',
  state: 'live',
  error: '',
  codec: 'h264',
  width: 1280,
  height: 720,
  fps: 29.97,
  frozen: false,
};

it('reads what the server says', () => {
  const sent = { ...GATE, frozen: 0, bitrate: 5 };
  expect(parseSources({ sources: [sent] })).toEqual([GATE]);
  expect(parseSources({ sources: [] })).toEqual([]);
});

it.each([{}, { sources: 7 }])('takes %j for no answer', (answer) => {
  expect(parseSources(answer)).toBeUndefined();
});

it('fills in what is missing and leaves garbage out', () => {
  const found = parseSources({ sources: [null, 5, { name: 7, fps: '30' }] });
  expect(found).toHaveLength(1);
  expect(found?.[0]).toMatchObject({ name: '', fps: 0, frozen: false });
});

it.each<[Partial<Source>, string, string]>([
  [{}, 'Live, 1280×720 at 30 fps', 'good'],
  [{ width: 0, fps: 0 }, 'Live', 'good'],
  [{ frozen: true }, 'Live, 1280×720 at 30 fps, the picture does not change', 'warn'],
  [{ state: 'connecting' }, 'Connecting…', 'warn'],
  [{ state: 'failed', error: 'wrong password' }, 'Does not work: wrong password', 'bad'],
  [{ state: 'reconnecting', error: 'nobody listens' }, 'Reconnecting: nobody listens', 'warn'],
  [{ state: 'new' }, 'new', 'warn'],
])('says %j as %j', (change, words, tone) => {
  const source = { ...GATE, ...change };
  expect(sourceState(source, en)).toBe(words);
  expect(sourceTone(source)).toBe(tone);
});
