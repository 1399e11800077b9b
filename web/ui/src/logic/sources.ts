import { parseObject } from './json';

/** One source of the ingress service, as `GET /api/sources` tells viewers and the operator. */
export interface Source {
  readonly name: string;
  readonly room: string;
  /** Without what follows the host, which may be secret; empty for viewers. */
  readonly url: string;
  readonly state: string;
  /** Empty for viewers. */
  readonly error: string;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frozen: boolean;
}

export type Tone = 'good' | 'warn' | 'bad';

/** The sources in an answer of the server; undefined if it is none. */
export function parseSources(text: string): readonly Source[] | undefined {
  const list = parseObject(text)?.['sources'];
  return Array.isArray(list) ? list.filter(isObject).map(source) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function source(object: Record<string, unknown>): Source {
  const text = (name: string): string => (typeof object[name] === 'string' ? object[name] : '');
  const number = (name: string): number => (typeof object[name] === 'number' ? object[name] : 0);
  return {
    name: text('name'),
    room: text('room'),
    url: text('url'),
    state: text('state'),
    error: text('error'),
    codec: text('codec'),
    width: number('width'),
    height: number('height'),
    fps: number('fps'),
    frozen: number('frozen') > 0,
  };
}

const STATES: Readonly<Record<string, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  stalled: 'No new picture',
  reconnecting: 'Reconnecting…',
  failed: 'Does not work',
  stopped: 'Stopped',
};

/** How a source is, in a few words. */
export function sourceState(source: Source): string {
  const state = STATES[source.state] ?? source.state;
  if (source.state !== 'live') return withReason(state, source.error);
  const size = source.width > 0 ? `, ${source.width}×${source.height}` : '';
  const fps = source.fps > 0 ? ` at ${Math.round(source.fps)} fps` : '';
  return `${state}${size}${fps}${source.frozen ? ', the picture does not change' : ''}`;
}

function withReason(state: string, error: string): string {
  return error === '' ? state : `${state.replace(/…$/, '')}: ${error}`;
}

export function sourceTone(source: Source): Tone {
  if (source.state === 'live') return source.frozen ? 'warn' : 'good';
  return source.state === 'failed' ? 'bad' : 'warn';
}
