import type { Texts } from '../texts/texts';
import { objects, text } from './json';
import type { Tone } from './report';

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

/** The sources in an answer of the server; undefined if it is none. */
export function parseSources(
  answer: Readonly<Record<string, unknown>>,
): readonly Source[] | undefined {
  const list = answer['sources'];
  return Array.isArray(list) ? objects(list).map(parseSource) : undefined;
}

/** A source, or what a probe found at an address. */
export function parseSource(object: Readonly<Record<string, unknown>>): Source {
  const number = (name: string): number => (typeof object[name] === 'number' ? object[name] : 0);
  return {
    name: text(object['name']),
    room: text(object['room']),
    url: text(object['url']),
    state: text(object['state']),
    error: text(object['error']),
    codec: text(object['codec']),
    width: number('width'),
    height: number('height'),
    fps: number('fps'),
    frozen: number('frozen') > 0,
  };
}

/** How a source is, in a few words. */
export function sourceState(source: Source, { source: texts }: Texts): string {
  const state = texts.states[source.state] ?? source.state;
  if (source.state !== 'live') {
    return source.error === '' ? state : `${state.replace(/…$/, '')}: ${source.error}`;
  }
  const shape = shapeOf(source, texts.fps);
  return `${state}${shape && `, ${shape}`}${source.frozen ? texts.frozen : ''}`;
}

/** Size and rate, as far as they are known. */
export function shapeOf(source: Source, perSecond: (count: number) => string): string {
  const size = source.width > 0 ? `${source.width}×${source.height}` : '';
  return `${size}${source.fps > 0 ? perSecond(Math.round(source.fps)) : ''}`;
}

export function sourceTone(source: Source): Tone {
  if (source.state === 'live') return source.frozen ? 'warn' : 'good';
  return source.state === 'failed' ? 'bad' : 'warn';
}
