import { text } from './json';

/** What the engine tells of itself; undefined or empty where it does not. */
export interface Engine {
  readonly model: string;
  /** Seconds. */
  readonly firstSound: number | undefined;
  /** A second. */
  readonly tokens: number | undefined;
  /** Requests that wait. */
  readonly queue: number | undefined;
  /** Of the graphics card, in words. */
  readonly memory: string;
}

/** Reads the answer of `GET /api/engine`. */
export function parseEngine(answer: Readonly<Record<string, unknown>>): Engine {
  const { model, first_sound: firstSound, tokens_per_second: tokens, queue, gpu } = answer;
  return {
    model: text(model),
    firstSound: number(firstSound),
    tokens: number(tokens),
    queue: number(queue),
    memory: Array.isArray(gpu) ? gpu.map(memoryOf).join('; ') : '',
  };
}

const GIB = 2 ** 30;

function memoryOf(card: unknown): string {
  if (typeof card !== 'object' || card === null) return '';
  const { memory_used: used, memory_total: total } = card as Record<string, unknown>;
  if (typeof used !== 'number' || typeof total !== 'number') return '';
  return `${(used / GIB).toFixed(1)} / ${(total / GIB).toFixed(0)} GiB`;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
