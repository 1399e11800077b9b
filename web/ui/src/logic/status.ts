import { parseObject } from './json';

/** The attribute `pressbox.status`. */
export interface BoothStatus {
  readonly mode: string;
  readonly source: string;
  /** The source brings no picture; its last one is shown marked. */
  readonly lost: boolean;
  /** Seconds; undefined if the booth has not said. */
  readonly delay: number | undefined;
  readonly behind: boolean;
  readonly engine: 'up' | 'down' | 'starting';
  readonly error: string;
  readonly paused: string;
}

export function parseStatus(json: string | undefined): BoothStatus | undefined {
  const object = json === undefined ? undefined : parseObject(json);
  if (object === undefined) return undefined;
  const { engine, delay } = object;
  return {
    mode: text(object['mode']),
    source: text(object['source']),
    lost: object['lost'] === true,
    delay: typeof delay === 'number' && delay >= 0 ? delay : undefined,
    behind: object['behind'] === true,
    engine: engine === 'up' || engine === 'down' ? engine : 'starting',
    error: text(object['error']),
    paused: text(object['paused']),
  };
}

/** What the launcher says in the metadata of a room for which it has no commentator, or "". */
export function parseWaiting(metadata: string | undefined): string {
  const ours = parseObject(metadata ?? '')?.['pressbox'];
  return typeof ours === 'object' && ours !== null && 'waiting' in ours ? text(ours.waiting) : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export interface Report {
  readonly tone: 'good' | 'busy' | 'warn' | 'bad';
  readonly text: string;
}

/**
 * One sentence on what the booth does, the most important thing first. `sourceName` is what people
 * call the source; `waiting`: why there is no commentator, or "".
 */
export function report(
  present: boolean,
  status: BoothStatus | undefined,
  sourceName: string,
  waiting: string,
): Report {
  if (!present && waiting !== '') {
    return { tone: 'warn', text: `${sentence(waiting)} One comes when another room ends.` };
  }
  if (!present) return { tone: 'warn', text: 'No commentator is in this room yet.' };
  if (status === undefined) return { tone: 'busy', text: 'The commentator is taking its seat…' };
  if (status.source === '') {
    return { tone: 'warn', text: `Nothing to watch: ${status.error || 'no camera in the room'}.` };
  }
  if (status.lost && status.error !== '') return { tone: 'warn', text: sentence(status.error) };
  if (status.engine === 'down') return { tone: 'bad', text: engineDown(status.error) };
  if (status.error !== '') return { tone: 'warn', text: sentence(status.error) };
  if (status.engine === 'starting') return { tone: 'busy', text: 'The engine is starting…' };
  if (status.paused !== '') return { tone: 'warn', text: `Commentary rests: ${status.paused}.` };
  if (status.behind) {
    return { tone: 'warn', text: 'The engine cannot keep up: some moments go without a word.' };
  }
  const answers = status.mode === 'idle' ? ', answers when asked' : '';
  return { tone: 'good', text: `Watching ${sourceName}${answers}` };
}

function engineDown(error: string): string {
  const why = error === '' ? '' : ` (${error})`;
  return `The engine does not answer${why}. The picture goes on; the voice returns with it.`;
}

function sentence(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/** How late the picture is, for people. */
export function delayLabel(seconds: number): string {
  return seconds < 0.05 ? 'live' : `${seconds.toFixed(1)} s behind live`;
}
