/** Transcripts for tests. */

import type { LineEvent } from './entries';
import { EMPTY, reduce } from './transcript';
import type { Action, Transcript } from './transcript';
import { listed } from './view';

export const after = (...actions: Action[]): Transcript => actions.reduce(reduce, EMPTY);

export const line = (phase: LineEvent['phase'], change: Partial<LineEvent> = {}): Action => ({
  type: 'line',
  line: {
    id: 'L1',
    kind: 'commentary',
    phase,
    text: '',
    captureTime: 98,
    displayTime: 100,
    spoken: true,
    dropped: '',
    question: undefined,
    asker: '',
    askerName: '',
    ...change,
  },
  who: change.asker ?? '',
});
export const words = (text: string, final = false): Action => ({
  type: 'caption',
  id: 'L1',
  at: 101,
  text,
  final,
});
export const finished = (entries: Transcript['entries']) => listed(entries, 'all', '');
export const asked = (id: string): Action => ({ type: 'asked', id, text: 'What?', at: 1, who: '' });
export const answer = (phase: LineEvent['phase'], dropped = ''): Action =>
  line(phase, { id: 'A1', kind: 'answer', text: 'Red.', dropped });
