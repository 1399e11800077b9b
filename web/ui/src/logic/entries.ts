/** What the transcript is made of. */

export type SpokenKind = 'commentary' | 'answer' | 'alert';

export interface Spoken {
  readonly kind: SpokenKind;
  readonly id: string;
  readonly text: string;
  /** Unix seconds. */
  readonly at: number;
  readonly state: 'planned' | 'running' | 'final';
  /** Why it was not said to its end; empty if it was. */
  readonly dropped: string;
  /** Of an answer, who asked: the identity, and what people call it; empty for this page's own user. */
  readonly from: string;
  readonly who: string;
}

export interface Question {
  readonly kind: 'question';
  readonly id: string;
  readonly text: string;
  /** Unix seconds. */
  readonly at: number;
  /** Who asked: the identity, and what people call it; empty for this page's own user. */
  readonly from: string;
  readonly who: string;
  readonly state: 'waiting' | 'answered' | 'failed';
  readonly reason: string;
}

/** What Pressbox writes to this page's user alone: that an order was taken. */
export interface Reply {
  readonly kind: 'reply';
  readonly id: string;
  readonly text: string;
  readonly at: number;
}

export type Entry = Spoken | Question | Reply;

export interface LineEvent {
  readonly id: string;
  readonly kind: SpokenKind;
  readonly phase: 'start' | 'end';
  readonly text: string;
  /** Unix seconds: when the newest picture that it is about was taken, and is on display. */
  readonly captureTime: number;
  readonly displayTime: number;
  readonly spoken: boolean;
  readonly dropped: string;
  /** What it answers: empty for nothing that was written, undefined where the booth does not say. */
  readonly question: string | undefined;
  /** Identity of who asked; empty for nobody. */
  readonly asker: string;
  /** What that one is called; empty for nothing. */
  readonly askerName: string;
}

export function isSpoken(entry: Entry): entry is Spoken {
  return entry.kind !== 'question' && entry.kind !== 'reply';
}

export function spoken(id: string, at: number): Spoken {
  return { kind: 'commentary', id, text: '', at, state: 'running', dropped: '', from: '', who: '' };
}

export function question(id: string, text: string, at: number, who: string, from = ''): Question {
  return { kind: 'question', id, text, at, from, who, state: 'waiting', reason: '' };
}

/** The question once it is answered, or, with a reason, once it is known that it will not be. */
export function settled(entry: Question, reason: string): Question {
  if (entry.state !== 'waiting') return entry;
  return { ...entry, state: reason === '' ? 'answered' : 'failed', reason };
}
