import { expect, it } from 'vitest';

import { parseLineEvent } from './lineEvent';

it('reads a line event', () => {
  const json = JSON.stringify({
    id: 'L1',
    kind: 'answer',
    phase: 'end',
    text: 'Red.',
    capture_time: 1,
    display_time: 3.5,
    spoken: true,
    dropped: 'late',
    question: 'What?',
    asker: 'viewer-1',
    asker_name: 'Ann',
  });
  expect(parseLineEvent(json)).toEqual({
    id: 'L1',
    kind: 'answer',
    phase: 'end',
    text: 'Red.',
    captureTime: 1,
    displayTime: 3.5,
    spoken: true,
    dropped: 'late',
    question: 'What?',
    asker: 'viewer-1',
    askerName: 'Ann',
  });
});

it('takes null for not dropped', () => {
  const json = '{"id":"L1","kind":"alert","phase":"start","dropped":null}';
  expect(parseLineEvent(json)).toMatchObject({ dropped: '', text: '', displayTime: 0 });
});

it.each([
  '',
  'null',
  '{"kind":"answer","phase":"end"}',
  '{"id":"L1","kind":"song","phase":"end"}',
  '{"id":"L1","kind":"answer","phase":"middle"}',
  '{"id":7,"kind":"answer","phase":"end"}',
])('is undefined for %j', (json) => {
  expect(parseLineEvent(json)).toBeUndefined();
});
