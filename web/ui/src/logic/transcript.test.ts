import { describe, expect, it } from 'vitest';

import type { SpokenKind } from './entries';
import { MAX_ENTRIES } from './entryList';
import { reduce } from './transcript';
import type { Action } from './transcript';
import { after, answer, asked, finished, line, words } from './transcript.made';
import { currentLine, listed } from './view';

describe('a line', () => {
  it('grows word by word and then stands in the list', () => {
    const running = after(line('start'), words('A red '), words('A red ball '));
    expect(currentLine(running.entries)).toMatchObject({ text: 'A red ball ', state: 'running' });
    expect(finished(running.entries)).toEqual([]);
    const done = [words('A red ball ', true), line('end', { text: 'A red ball.' })].reduce(reduce, running);
    expect(finished(done.entries)).toMatchObject([{ text: 'A red ball.', at: 100, dropped: '' }]);
  });

  it('is one entry, whichever of the two streams comes first', () => {
    for (const actions of [
      [line('start', { kind: 'alert' }), words('Smoke!')],
      [words('Smoke!'), line('start', { kind: 'alert' })],
    ]) {
      const { entries } = after(...actions);
      expect(entries).toMatchObject([{ kind: 'alert' satisfies SpokenKind, at: 100, text: 'Smoke!' }]);
    }
  });

  it('keeps what was heard when it is interrupted', () => {
    const cut = after(line('start'), words('The lights'), line('end', { dropped: 'interrupted' }));
    expect(finished(cut.entries)).toMatchObject([{ text: 'The lights', dropped: 'interrupted' }]);
  });

  it('has no word twice when its end overtakes a caption', () => {
    const { entries } = after(words('A '), line('end', { text: 'A dog' }), words('A do'));
    expect(finished(entries)).toMatchObject([{ text: 'A dog' }]);
  });

  it('that nobody heard is counted and not shown', () => {
    const state = after(line('end', { text: 'Too late.', dropped: 'late' }));
    expect(state).toEqual({ entries: [], late: 1 });
    expect(reduce(state, line('end', { dropped: 'cancelled' }))).toEqual(state);
  });

  it('without a caption stream has its text from the end', () => {
    expect(finished(after(line('start'), line('end', { text: 'Still.' })).entries)).toMatchObject([
      { text: 'Still.' },
    ]);
  });

  it('ends when the connection does', () => {
    const { entries } = after(words('A red'), { type: 'left' });
    expect(entries).toMatchObject([{ state: 'final', text: 'A red' }]);
  });
});

it('takes in what was said before, once and in its place', () => {
  const now = after(line('start'), words('Here.', true), line('end'));
  const old = after(line('end', { id: 'L0', text: 'Before.', displayTime: 50 })).entries;
  const both: Action = { type: 'earlier', entries: [...old, ...now.entries] };
  expect([both, both].reduce(reduce, now).entries.map((one) => one.text)).toEqual(['Before.', 'Here.']);
});

it('lists what fits the filter and the words', () => {
  const { entries } = after(asked('Q1'), answer('end'), line('end', { text: 'A Dog runs.' }));
  const ids = (...[filter, wanted]: [Parameters<typeof listed>[1], string]) =>
    listed(entries, filter, wanted).map((one) => one.id);
  expect(ids('answers', '')).toEqual(['Q1', 'A1']);
  expect(ids('commentary', ' dog ')).toEqual(['L1']);
  expect(ids('all', 'what')).toEqual(['Q1']);
  expect(ids('alerts', '')).toEqual([]);
});

it('forgets the oldest entries', () => {
  const many = Array.from({ length: MAX_ENTRIES + 5 }, (_, index) => asked(`Q${index}`));
  const { entries } = after(...many);
  expect(entries).toHaveLength(MAX_ENTRIES);
  expect(entries[0]?.id).toBe('Q5');
});
