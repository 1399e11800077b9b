import { parseObject, text } from './json';

/** The attribute `pressbox.status`. */
export interface BoothStatus {
  readonly mode: string;
  readonly profile: string;
  readonly source: string;
  /** The source brings no picture; its last one is shown marked. */
  readonly lost: boolean;
  /** Seconds; undefined if the booth has not said. */
  readonly delay: number | undefined;
  readonly behind: boolean;
  readonly engine: 'up' | 'down' | 'starting';
  readonly error: string;
  readonly paused: string;
  readonly voice: 'on' | 'off';
  /** People who watch; undefined if the booth has not said. */
  readonly viewers: number | undefined;
}

/** What the page knows of the commentator, whichever way it hears of it. */
export interface Booth {
  readonly present: boolean;
  /** One was here before. */
  readonly seen: boolean;
  /** `pressbox.status` as it came; empty for none. */
  readonly json: string;
  readonly status: BoothStatus | undefined;
  readonly speaking: boolean;
  /** What people call the source; empty for nobody that could be named. */
  readonly sourceName: string;
  /** What is watched is this page's own. */
  readonly mine: boolean;
  /** Why there is none, as the launcher says it; empty for nothing. */
  readonly waiting: string;
}

export const NO_BOOTH: Booth = {
  present: false,
  seen: false,
  json: '',
  status: undefined,
  speaking: false,
  sourceName: '',
  mine: false,
  waiting: '',
};

export function parseStatus(json: string): BoothStatus | undefined {
  const object = parseObject(json);
  if (object === undefined) return undefined;
  const { engine, delay, viewers } = object;
  return {
    mode: text(object['mode']),
    profile: text(object['profile']),
    source: text(object['source']),
    lost: object['lost'] === true,
    delay: typeof delay === 'number' && delay >= 0 ? delay : undefined,
    behind: object['behind'] === true,
    engine: engine === 'up' || engine === 'down' ? engine : 'starting',
    error: text(object['error']),
    paused: text(object['paused']),
    voice: object['voice'] === 'off' ? 'off' : 'on',
    viewers: typeof viewers === 'number' ? viewers : undefined,
  };
}

/** What the launcher says in the metadata of a room that waits for a commentator. */
export function parseWaiting(metadata: string | undefined): Pick<Booth, 'waiting' | 'seen'> {
  const ours = parseObject(metadata ?? '')?.['pressbox'];
  const { waiting, why } = isWaiting(ours) ? ours : {};
  return why === 'stopped' ? { waiting: '', seen: true } : { waiting: text(waiting), seen: false };
}

function isWaiting(value: unknown): value is { waiting?: unknown; why?: unknown } {
  return typeof value === 'object' && value !== null;
}
