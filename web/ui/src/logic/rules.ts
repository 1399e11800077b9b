import { objects, text } from './json';

/** An alert rule, as `pressbox.rules` tells it. */
export interface Rule {
  readonly name: string;
  /** What it waits for, in words. */
  readonly when: string;
  readonly enabled: boolean;
  /** Unix seconds; 0: never. */
  readonly lastHit: number;
  /** Why it cannot be judged; empty: it can. */
  readonly notJudged: string;
}

export function parseRules(answer: Readonly<Record<string, unknown>>): readonly Rule[] {
  return objects(answer['rules']).map((one) => ({
    name: text(one['name']),
    when: text(one['when']) || condition(one['if']) || text(one['name']),
    enabled: one['enabled'] !== false,
    lastHit: typeof one['last_hit'] === 'number' ? one['last_hit'] : 0,
    notJudged: text(one['not_judged']),
  }));
}

/** `{"appears": "person", "region": …}` in words: "appears person". */
function condition(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .filter(([, wanted]) => wanted !== null && typeof wanted !== 'object' && wanted !== false)
    .map(([name, wanted]) => (wanted === true ? name : `${name} ${String(wanted)}`))
    .join(', ');
}

/** A rule for what somebody wants to be told of, under a name that none of `others` has. */
export function ruleFrom(when: string, others: readonly Rule[]): Record<string, unknown> {
  // Names are plain words.
  const words = when.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  const base = words.slice(0, 40).trim();
  const taken = new Set(others.map((one) => one.name.toLowerCase()));
  let name = base;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${base} ${number}`;
  return { name, when, severity: 'warning' };
}
