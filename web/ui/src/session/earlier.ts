import type { Entry, LineEvent } from '../logic/entries';
import { parseLineEvent } from '../logic/lineEvent';
import { EMPTY, reduce } from '../logic/transcript';
import type { Call, Values } from './calls';
import type { TranscriptStore } from './transcriptStore';

/** Calls until enough is there: each answer holds some 40 lines. */
const CALLS = 5;

/**
 * Puts into the transcript what was said before this page came. `who` names whoever asked; a
 * commentator that cannot tell leaves it as it is.
 */
export async function fetchEarlier(
  call: Call,
  transcript: TranscriptStore,
  who: (line: LineEvent) => string,
): Promise<void> {
  let found: readonly unknown[] = [];
  try {
    let before: string | undefined;
    for (let turn = 0; turn < CALLS; turn += 1) {
      const asked = before === undefined ? { last: 200, now: true } : { last: 200, before };
      const lines = listIn(await call('lines', asked));
      found = [...lines, ...found];
      before = idOf(lines[0]);
      if (before === undefined) break;
    }
  } catch {
    // It has gone, or is an older one: what came by then is shown.
  }
  const known = new Set(transcript.snapshot().entries.map((entry) => entry.id));
  transcript.dispatch({ type: 'earlier', entries: entriesOf(found, known, who) });
}

function entriesOf(
  found: readonly unknown[],
  known: ReadonlySet<string>,
  who: (line: LineEvent) => string,
): readonly Entry[] {
  let transcript = EMPTY;
  for (const one of found) {
    const line = parseLineEvent(JSON.stringify(one));
    if (line === undefined || known.has(line.id) || !wasHeard(line)) continue;
    for (const phase of ['start', 'end'] as const) {
      const event = { ...line, phase };
      transcript = reduce(transcript, { type: 'line', line: event, who: who(line) });
    }
  }
  return transcript.entries;
}

function wasHeard({ dropped, text }: LineEvent): boolean {
  return text !== '' && (dropped === '' || dropped === 'interrupted');
}

function listIn(answer: Values): readonly unknown[] {
  const { lines } = answer;
  return Array.isArray(lines) ? lines : [];
}

function idOf(line: unknown): string | undefined {
  const known = typeof line === 'object' && line !== null && 'id' in line;
  return known && typeof line.id === 'string' ? line.id : undefined;
}
