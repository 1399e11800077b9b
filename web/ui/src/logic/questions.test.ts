import { describe, expect, it } from 'vitest';

import { en } from '../texts/en';
import type { Action } from './transcript';
import { after, answer, asked, line } from './transcript.made';
import { outcome } from './view';

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

  it('of somebody else that was not heard of stands before its answer', () => {
    const told = line('start', { id: 'A1', kind: 'answer', question: 'Who?', asker: 'Ann' });
    expect(after(told).entries).toMatchObject([
      { kind: 'question', text: 'Who?', who: 'Ann', state: 'answered' },
      { kind: 'answer', who: 'Ann' },
    ]);
    const known: Action = { type: 'asked', id: 'Q1', text: 'Who?', at: 1, who: 'Ann' };
    expect(after(known, told).entries).toHaveLength(2);
  });

  it('has the name of who asked also where that is known later', () => {
    const early: Action = { type: 'asked', id: 'Q1', text: 'Who?', at: 1, who: 'x', from: 'v-1' };
    const named = (from: string): Action => ({ type: 'named', from, who: 'Ann' });
    expect(after(early, named('v-2')).entries).toMatchObject([{ who: 'x' }]);
    expect(after(early, named('v-1')).entries).toMatchObject([{ who: 'Ann', state: 'waiting' }]);
    const told = line('start', { id: 'A1', kind: 'answer', question: 'Who?', asker: 'v-1' });
    expect(after(early, told, named('v-1')).entries).toMatchObject([{ who: 'Ann' }, { who: 'Ann' }]);
  });

  it('stays open while there is only commentary', () => {
    expect(after(asked('Q1'), line('start')).entries[0]).toMatchObject({ state: 'waiting' });
  });

  it('fails with the reason when its answer was dropped', () => {
    const { entries } = after(asked('Q1'), answer('end', 'error'));
    expect(entries).toMatchObject([{ state: 'failed', reason: 'error' }]);
    const [failed] = entries;
    if (failed?.kind !== 'question') throw new Error('no question');
    expect(outcome(failed, en)).toBe('No answer: the engine failed.');
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
