import { expect, it } from 'vitest';

import { en } from '../texts/en';
import { question, settled, spoken } from './entries';
import type { Entry } from './entries';
import { exported } from './export';

const ENTRIES: readonly Entry[] = [
  { ...spoken('L1', 1000), text: 'A <b>dog</b> & a cat.', state: 'final' },
  settled(question('Q1', 'Who?', 1002, 'Ann'), ''),
  { ...spoken('A1', 1003.5), kind: 'answer', text: 'Two\n\nlines --> here.', state: 'final' },
  { ...spoken('L2', 4700), text: 'Later', state: 'final', dropped: 'interrupted' },
];

it('writes text that says whose each line is and what became of it', () => {
  const lines = exported(ENTRIES, 'txt', en).split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(/\d\d:\d\d:\d\d {2}Ann asked: Who\?$/);
  expect(exported(ENTRIES, 'txt', en)).toContain('Later (interrupted)');
});

it('writes captions that a player takes', () => {
  expect(exported(ENTRIES, 'vtt', en)).toBe(
    [
      'WEBVTT',
      '',
      '00:00:00.000 --> 00:00:03.500',
      'A &lt;b&gt;dog&lt;/b&gt; &amp; a cat.',
      '',
      '00:00:03.500 --> 00:00:11.500',
      'Two',
      'lines --&gt; here.',
      '',
      '01:01:40.000 --> 01:01:48.000',
      'Later',
      '',
    ].join('\n'),
  );
});

it('writes JSON with times that everybody reads', () => {
  const [first] = JSON.parse(exported(ENTRIES, 'json', en)) as Record<string, unknown>[];
  expect(first).toMatchObject({ time: '1970-01-01T00:16:40.000Z', kind: 'commentary', id: 'L1' });
});
