import type { LineEvent, SpokenKind } from './entries';
import { parseObject, text } from './json';

const KINDS: readonly string[] = ['commentary', 'answer', 'alert'] satisfies SpokenKind[];

function isKind(value: unknown): value is SpokenKind {
  return typeof value === 'string' && KINDS.includes(value);
}

/** Reads one `pressbox.line` object; undefined if it is none. */
export function parseLineEvent(json: string): LineEvent | undefined {
  const object = parseObject(json);
  if (object === undefined) return undefined;
  const { id, kind, phase, text: said, display_time: displayTime, dropped, question, asker, asker_name: askerName } = object;
  if (typeof id !== 'string' || !isKind(kind)) return undefined;
  if (phase !== 'start' && phase !== 'end') return undefined;
  return {
    id,
    kind,
    phase,
    text: text(said),
    captureTime: typeof object['capture_time'] === 'number' ? object['capture_time'] : 0,
    displayTime: typeof displayTime === 'number' ? displayTime : 0,
    spoken: object['spoken'] === true,
    dropped: text(dropped),
    question: typeof question === 'string' ? question : undefined,
    asker: text(asker),
    askerName: text(askerName),
  };
}
