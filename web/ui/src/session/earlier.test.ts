import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Values } from './calls';
import { fetchEarlier } from './earlier';
import { TranscriptStore } from './transcriptStore';

const said = (id: string, change: Values = {}): Values => {
  return { id, kind: 'commentary', phase: 'end', text: `${id}.`, display_time: Number(id), ...change };
};

/** A commentator that tells three lines at a time. */
const telling = (lines: readonly Values[]) =>
  vi.fn((_: string, asked: Values | null) => {
    const end = lines.findIndex((one) => one['id'] === asked?.['before']);
    const all = end < 0 ? lines : lines.slice(0, end);
    return Promise.resolve({ lines: all.slice(-3) });
  });

const ids = (store: TranscriptStore) => store.snapshot().entries.map((entry) => entry.id);

beforeEach(() => {
  vi.stubGlobal('window', {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it('goes back page by page, and leaves out what nobody heard', async () => {
  const lines = ['1', '2', '3', '4', '5', '6', '7'].map((id) => said(id));
  const call = telling([...lines, said('8', { dropped: 'late' }), said('9')]);
  const store = new TranscriptStore('');
  await fetchEarlier(call, store, () => '');
  expect(ids(store)).toEqual(['1', '2', '3', '4', '5', '6', '7', '9']);
  expect(store.snapshot().late).toBe(0);
});

it('puts a question that nobody here has seen before its answer, and nothing twice', async () => {
  const answer = said('2', { kind: 'answer', question: 'Who?', asker_name: 'Ann' });
  const store = new TranscriptStore('');
  const call = telling([said('1'), answer]);
  await fetchEarlier(call, store, (line) => line.askerName);
  await fetchEarlier(call, store, (line) => line.askerName);
  expect(store.snapshot().entries.map((entry) => entry.kind)).toEqual([
    'commentary',
    'question',
    'answer',
  ]);
});

it('keeps what it has where the commentator goes, or cannot tell', async () => {
  const store = new TranscriptStore('');
  const call = telling([said('1'), said('2'), said('3'), said('4')]);
  call.mockImplementationOnce(call.getMockImplementation() ?? (() => Promise.reject(new Error())));
  call.mockImplementationOnce(() => Promise.reject(new Error('gone')));
  await fetchEarlier(call, store, () => '');
  expect(ids(store)).toEqual(['2', '3', '4']);
});
