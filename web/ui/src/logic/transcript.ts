/** What has been said and asked in the room: a pure reducer over what the text streams bring. */

import { question, settled, spoken } from './entries';
import type { Entry, LineEvent, Question, Spoken } from './entries';

export type Action =
  | { type: 'segment'; id: string; at: number }
  | { type: 'words'; id: string; text: string }
  | { type: 'segmentEnd'; id: string }
  | { type: 'line'; line: LineEvent }
  | { type: 'asked'; id: string; text: string; at: number; who: string }
  | { type: 'unanswered'; id: string; reason: string }
  | { type: 'left' };

export interface Transcript {
  readonly entries: readonly Entry[];
  /** Lines that came too late to be true, so that nobody heard any of them. */
  readonly late: number;
}

export const EMPTY: Transcript = { entries: [], late: 0 };

/** Older entries are forgotten. */
export const MAX_ENTRIES = 200;

export function reduce(state: Transcript, action: Action): Transcript {
  switch (action.type) {
    case 'segment':
      return put(state, action.id, (old) => ({
        ...(old ?? spoken(action.id, action.at)),
        text: '',
        state: 'running',
      }));
    case 'words':
      return put(state, action.id, (old) =>
        // The end of a line, which has all its words, may overtake the last of them.
        old?.state === 'final' ? old : old && { ...old, text: old.text + action.text },
      );
    case 'segmentEnd':
      return put(state, action.id, (old) => old && { ...old, state: 'final' });
    case 'line':
      return action.line.phase === 'start' ? started(state, action.line) : ended(state, action.line);
    case 'asked':
      return append(state, question(action.id, action.text, action.at, action.who));
    case 'unanswered':
      return settle(state, action.reason, (question) => question.id === action.id);
    case 'left':
      return {
        ...state,
        entries: state.entries.map((entry) =>
          entry.kind === 'question'
            ? settled(entry, 'the connection was lost')
            : { ...entry, state: 'final' },
        ),
      };
  }
}

function started(state: Transcript, line: LineEvent): Transcript {
  const known = put(state, line.id, (old) => ({
    ...(old ?? { ...spoken(line.id, line.displayTime), state: 'planned' }),
    kind: line.kind,
    at: line.displayTime,
  }));
  return line.kind === 'answer' ? settle(known, '', isAnsweredBy(line)) : known;
}

function ended(state: Transcript, line: LineEvent): Transcript {
  const unheard = line.dropped !== '' && !state.entries.some((entry) => entry.id === line.id);
  if (unheard) {
    const counted = { ...state, late: state.late + (line.dropped === 'late' ? 1 : 0) };
    return line.kind === 'answer' ? settle(counted, line.dropped, isAnsweredBy(line)) : counted;
  }
  return put(state, line.id, (old) => ({
    ...(old ?? spoken(line.id, line.displayTime)),
    kind: line.kind,
    text: line.text === '' ? (old?.text ?? '') : line.text,
    state: 'final',
    dropped: line.dropped,
  }));
}

/** The booth has stripped what is not meant for eyes, so texts are compared by what is left of both. */
function isAnsweredBy(line: LineEvent): (question: Question) => boolean {
  return (question) => line.question === undefined || plain(question.text) === plain(line.question);
}

function plain(text: string): string {
  return text.replace(/[\s\p{C}]+/gu, '');
}

/** The oldest waiting question that is meant is answered or, with a reason, will not be. */
function settle(
  state: Transcript,
  reason: string,
  meant: (question: Question) => boolean,
): Transcript {
  const index = state.entries.findIndex(
    (entry) => entry.kind === 'question' && entry.state === 'waiting' && meant(entry),
  );
  return {
    ...state,
    entries: state.entries.map((entry, at) =>
      at === index && entry.kind === 'question' ? settled(entry, reason) : entry,
    ),
  };
}

function append(state: Transcript, entry: Entry): Transcript {
  return { ...state, entries: [...state.entries, entry].slice(-MAX_ENTRIES) };
}

function put(
  state: Transcript,
  id: string,
  change: (old: Spoken | undefined) => Spoken | undefined,
): Transcript {
  const old = state.entries.find(
    (entry): entry is Spoken => entry.id === id && entry.kind !== 'question',
  );
  const changed = change(old);
  if (changed === undefined) return state;
  if (old === undefined) return append(state, changed);
  return { ...state, entries: state.entries.map((entry) => (entry === old ? changed : entry)) };
}
