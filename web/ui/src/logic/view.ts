import type { Entry, Question, Spoken } from './entries';

/** The line that is being said, or was said last. */
export function currentLine(entries: readonly Entry[]): Spoken | undefined {
  return entries.findLast(
    (entry): entry is Spoken => entry.kind !== 'question' && entry.text.trim() !== '',
  );
}

/** What stands in the list: all questions, and what has been said to its end. */
export function finished(entries: readonly Entry[]): Entry[] {
  return entries.filter(
    (entry) => entry.kind === 'question' || (entry.state === 'final' && entry.text.trim() !== ''),
  );
}

const REASONS: Readonly<Record<string, string>> = {
  late: 'too late to be true',
  interrupted: 'interrupted',
  error: 'the engine failed',
  cancelled: 'cancelled',
  empty: 'the engine had nothing to say',
  refused: 'it was refused',
};

export function dropReason(reason: string): string {
  return REASONS[reason] ?? reason;
}

/** What became of a question, where that is worth a word. */
export function outcome(question: Question): string {
  if (question.state === 'waiting') return 'Waiting for the answer…';
  return question.state === 'failed' ? `No answer: ${dropReason(question.reason)}.` : '';
}

export function asker(question: Question): string {
  return question.who === '' ? 'You asked' : `${question.who} asked`;
}

export function lateNote(count: number): string {
  if (count === 0) return '';
  return count === 1 ? '1 line came too late' : `${count} lines came too late`;
}
