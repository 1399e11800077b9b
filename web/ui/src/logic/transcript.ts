/** What has been said and asked in the room: a pure reducer over what is heard of it. */

import { question, settled, spoken } from './entries';
import type { Entry, LineEvent, Question } from './entries';
import { append, merge, named, put, replace } from './entryList';
import type { Entries } from './entryList';

export type Action =
  /** A line as far as it was heard. */
  | { type: 'caption'; id: string; at: number; text: string; final: boolean }
  /** `who` asked what it answers; empty for this page's own user, or nobody known. */
  | { type: 'line'; line: LineEvent; who: string }
  | { type: 'asked'; id: string; text: string; at: number; who: string; from?: string }
  /** What people call somebody, who may have asked before that was known. */
  | { type: 'named'; from: string; who: string }
  | { type: 'unanswered'; id: string; reason: string }
  | { type: 'reply'; id: string; text: string; at: number }
  /** What was said before this page came. */
  | { type: 'earlier'; entries: readonly Entry[] }
  | { type: 'left' };

export interface Transcript {
  readonly entries: readonly Entry[];
  /** Lines that came too late to be true, so that nobody heard any of them. */
  readonly late: number;
}

export const EMPTY: Transcript = { entries: [], late: 0 };

export function reduce(state: Transcript, action: Action): Transcript {
  const { entries } = state;
  const having = (others: readonly Entry[]): Transcript =>
    others === entries ? state : { ...state, entries: others };
  switch (action.type) {
    case 'caption':
      return having(put(entries, action.id, (old) =>
        // The end of a line, which has all its words, may overtake the last of them.
        old?.state === 'final'
          ? old
          : {
              ...(old ?? spoken(action.id, action.at)),
              text: action.text,
              state: action.final ? 'final' : 'running',
            },
      ));
    case 'line':
      return action.line.phase === 'start'
        ? having(started(entries, action.line, action.who))
        : ended(state, action.line, action.who);
    case 'asked':
      return having(
        append(entries, question(action.id, action.text, action.at, action.who, action.from)),
      );
    case 'named':
      return having(named(entries, action.from, action.who));
    case 'unanswered':
      return having(settle(entries, action.reason, (question) => question.id === action.id));
    case 'reply':
      return having(append(entries, { kind: 'reply', id: action.id, text: action.text, at: action.at }));
    case 'earlier':
      return having(merge(entries, action.entries.map(over)));
    case 'left':
      return having(entries.map(over));
  }
}

/** As it stands once nothing more will be heard of it. */
function over(entry: Entry): Entry {
  if (entry.kind === 'reply') return entry;
  return entry.kind === 'question' ? settled(entry, 'connection') : { ...entry, state: 'final' };
}

function started(entries: Entries, line: LineEvent, who: string): Entries {
  const asked = line.kind === 'answer' ? answered(entries, line, who) : entries;
  const question = asked.findLast((one) => one.kind === 'question' && isAnsweredBy(line)(one));
  return put(asked, line.id, (old) => ({
    ...(old ?? { ...spoken(line.id, line.displayTime), state: 'planned' }),
    kind: line.kind,
    // An answer is about what was there already when it was asked for.
    at: line.kind === 'answer' ? Math.max(line.displayTime, asked.at(-1)?.at ?? 0) : line.displayTime,
    from: line.asker,
    who: question !== undefined && 'who' in question ? question.who : who,
  }));
}

function ended(state: Transcript, line: LineEvent, who: string): Transcript {
  const unheard = line.dropped !== '' && !state.entries.some((entry) => entry.id === line.id);
  if (unheard) {
    const late = state.late + (line.dropped === 'late' ? 1 : 0);
    if (line.kind !== 'answer') return { ...state, late };
    return { late, entries: settle(state.entries, line.dropped, isAnsweredBy(line)) };
  }
  const entries = put(state.entries, line.id, (old) => ({
    ...(old ?? { ...spoken(line.id, line.displayTime), who }),
    kind: line.kind,
    text: line.text === '' ? (old?.text ?? '') : line.text,
    state: 'final',
    dropped: line.dropped,
  }));
  return { ...state, entries };
}

/** With the question that this line answers: waiting till now, or not heard of before. */
function answered(entries: Entries, line: LineEvent, who: string): Entries {
  const isMeant = isAnsweredBy(line);
  const known = entries.some((one) => one.kind === 'question' && isMeant(one));
  if (known || line.question === undefined || line.question === '' || who === '') {
    return settle(entries, '', isMeant);
  }
  const asked = question(`question of ${line.id}`, line.question, line.displayTime, who);
  return append(entries, settled(asked, ''));
}

/** The booth has stripped what is not meant for eyes, so texts are compared by what is left of both. */
function isAnsweredBy(line: LineEvent): (question: Question) => boolean {
  return (question) => line.question === undefined || plain(question.text) === plain(line.question);
}

function plain(text: string): string {
  return text.replace(/[\s\p{C}]+/gu, '');
}

/** The oldest waiting question that is meant is answered or, with a reason, will not be. */
function settle(entries: Entries, reason: string, meant: (one: Question) => boolean): Entries {
  const found = entries.find(
    (entry): entry is Question =>
      entry.kind === 'question' && entry.state === 'waiting' && meant(entry),
  );
  return found === undefined ? entries : replace(entries, found, settled(found, reason));
}
