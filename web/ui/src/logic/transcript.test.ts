import { describe, expect, it } from 'vitest';

import type { LineEvent, SpokenKind } from './entries';
import { EMPTY, MAX_ENTRIES, reduce } from './transcript';
import type { Action, Transcript } from './transcript';
import { currentLine, lateNote, finished, outcome } from './view';

const after = (...actions: Action[]): Transcript => actions.reduce(reduce, EMPTY);

const line = (phase: LineEvent['phase'], change: Partial<LineEvent> = {}): Action => ({
  type: 'line',
  line: {
    id: 'L1',
    kind: 'commentary',
    phase,
    text: '',
    displayTime: 100,
    dropped: '',
    question: undefined,
    ...change,
  },
});
const segment: Action = { type: 'segment', id: 'L1', at: 101 };
const words = (text: string): Action => ({ type: 'words', id: 'L1', text });
const end: Action = { type: 'segmentEnd', id: 'L1' };
const asked = (id: string): Action => ({ type: 'asked', id, text: 'What?', at: 1, who: '' });
const answer = (phase: LineEvent['phase'], dropped = ''): Action =>
  line(phase, { id: 'A1', kind: 'answer', text: 'Red.', dropped });

describe('a line', () => {
  it('grows word by word and then stands in the list', () => {
    const running = after(line('start'), segment, words('A red '), words('ball '));
    expect(currentLine(running.entries)).toMatchObject({ text: 'A red ball ', state: 'running' });
    expect(finished(running.entries)).toEqual([]);
    const done = [end, line('end', { text: 'A red ball.' })].reduce(reduce, running);
    expect(finished(done.entries)).toMatchObject([{ text: 'A red ball.', at: 100, dropped: '' }]);
  });

  it('is one entry, whichever of the two streams comes first', () => {
    for (const actions of [
      [line('start', { kind: 'alert' }), segment],
      [segment, line('start', { kind: 'alert' })],
    ]) {
      const { entries } = after(...actions, words('Smoke!'));
      expect(entries).toMatchObject([{ kind: 'alert' satisfies SpokenKind, at: 100, text: 'Smoke!' }]);
    }
  });

  it('starts again when its segment is sent anew', () => {
    const { entries } = after(segment, words('A red'), segment, words('A blue ball'));
    expect(entries).toMatchObject([{ text: 'A blue ball' }]);
  });

  it('keeps what was heard when it is interrupted', () => {
    const cut = after(line('start'), segment, words('The lights'), line('end', { dropped: 'interrupted' }));
    expect(finished(cut.entries)).toMatchObject([{ text: 'The lights', dropped: 'interrupted' }]);
  });

  it('has no word twice when its end overtakes a caption', () => {
    const { entries } = after(segment, words('A '), line('end', { text: 'A dog' }), words('dog'));
    expect(finished(entries)).toMatchObject([{ text: 'A dog' }]);
  });

  it('that nobody heard is counted and not shown', () => {
    const state = after(line('end', { text: 'Too late.', dropped: 'late' }));
    expect(state).toEqual({ entries: [], late: 1 });
    expect(reduce(state, line('end', { dropped: 'cancelled' }))).toEqual(state);
    expect(lateNote(state.late)).toBe('1 line came too late');
  });

  it('without a caption stream has its text from the end', () => {
    expect(finished(after(line('start'), line('end', { text: 'Still.' })).entries)).toMatchObject([
      { text: 'Still.' },
    ]);
  });

  it('ends when the connection does', () => {
    const { entries } = after(segment, words('A red'), { type: 'left' });
    expect(entries).toMatchObject([{ state: 'final', text: 'A red' }]);
  });
});

describe('a question', () => {
  it('is answered by the next answer that starts, the oldest first', () => {
    const { entries } = after(asked('Q1'), asked('Q2'), answer('start'));
    expect(entries).toMatchObject([{ state: 'answered' }, { state: 'waiting' }, { kind: 'answer' }]);
  });

  it('is answered in whatever turn, by the line that names it', () => {
    const ask = (id: string, text: string): Action => ({ ...asked(id), text }) as Action;
    const named = (question: string): Action => line('start', { id: 'A1', kind: 'answer', question });
    const two = [ask('Q1', 'What?'), ask('Q2', 'Who \u202eis it?')];
    expect(after(...two, named('Who is it?')).entries).toMatchObject([
      { state: 'waiting' },
      { state: 'answered' },
      { kind: 'answer' },
    ]);
    expect(after(...two, named('')).entries[0]).toMatchObject({ state: 'waiting' });
  });

  it('stays open while there is only commentary', () => {
    expect(after(asked('Q1'), line('start')).entries[0]).toMatchObject({ state: 'waiting' });
  });

  it('fails with the reason when its answer was dropped', () => {
    const { entries } = after(asked('Q1'), answer('end', 'error'));
    expect(entries).toMatchObject([{ state: 'failed', reason: 'error' }]);
    const [failed] = entries;
    if (failed?.kind !== 'question') throw new Error('no question');
    expect(outcome(failed)).toBe('No answer: the engine failed.');
  });

  it('that is given up leaves the others waiting, and an answered one as it is', () => {
    const givenUp: Action = { type: 'unanswered', id: 'Q2', reason: 'too long' };
    expect(after(asked('Q1'), asked('Q2'), givenUp).entries).toMatchObject([
      { state: 'waiting' },
      { state: 'failed' },
    ]);
    expect(after(asked('Q2'), answer('start'), givenUp).entries[0]).toMatchObject({
      state: 'answered',
    });
  });
});

it('forgets the oldest entries', () => {
  const many = Array.from({ length: MAX_ENTRIES + 5 }, (_, index) => asked(`Q${index}`));
  const { entries } = after(...many);
  expect(entries).toHaveLength(MAX_ENTRIES);
  expect(entries[0]?.id).toBe('Q5');
});
