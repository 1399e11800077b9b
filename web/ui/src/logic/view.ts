import type { Texts } from '../texts/texts';
import { isSpoken } from './entries';
import type { Entry, Question, Spoken } from './entries';

/** The line that is being said, or was said last. */
export function currentLine(entries: readonly Entry[]): Spoken | undefined {
  return entries.findLast(
    (entry): entry is Spoken => isSpoken(entry) && entry.text.trim() !== '',
  );
}

export type Filter = 'all' | 'commentary' | 'answers' | 'alerts';

const SHOWN: Readonly<Record<Filter, readonly Entry['kind'][]>> = {
  all: ['commentary', 'answer', 'alert', 'question', 'reply'],
  commentary: ['commentary'],
  answers: ['question', 'answer', 'reply'],
  alerts: ['alert'],
};

/** What stands in the list: all questions, and what has been said to its end. */
export function listed(entries: readonly Entry[], filter: Filter, wanted: string): Entry[] {
  const words = wanted.trim().toLocaleLowerCase();
  return entries.filter(
    (entry) =>
      SHOWN[filter].includes(entry.kind) &&
      (!isSpoken(entry) || (entry.state === 'final' && entry.text.trim() !== '')) &&
      entry.text.toLocaleLowerCase().includes(words),
  );
}

export function dropReason(reason: string, texts: Texts): string {
  return texts.said.dropped[reason] ?? reason;
}

/** What became of an entry, where that is worth a word. */
export function outcome(entry: Entry, texts: Texts): string {
  if (entry.kind === 'reply') return '';
  if (entry.kind !== 'question') return entry.dropped && dropReason(entry.dropped, texts);
  if (entry.state === 'waiting') return texts.said.waiting;
  return entry.state === 'failed' ? texts.said.unanswered(dropReason(entry.reason, texts)) : '';
}

/** Whose it is, or what; empty for commentary. */
export function heading(entry: Entry, { said }: Texts): string {
  switch (entry.kind) {
    case 'question':
      return asker(entry, said.you, said.asked);
    case 'answer':
      return entry.who === '' ? said.answer : said.answerTo(entry.who);
    case 'alert':
      return said.alert;
    case 'reply':
      return said.reply;
    case 'commentary':
      return '';
  }
}

function asker(question: Question, you: string, other: (who: string) => string): string {
  return question.who === '' ? you : other(question.who);
}
