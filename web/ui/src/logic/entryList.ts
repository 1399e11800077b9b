/** Lists of entries that never change: each change makes another one. */

import { isSpoken } from './entries';
import type { Entry, Spoken } from './entries';

export type Entries = readonly Entry[];

/** Older entries are forgotten. */
export const MAX_ENTRIES = 1000;

export function append(entries: Entries, entry: Entry): Entries {
  return [...entries, entry].slice(-MAX_ENTRIES);
}

export function replace(entries: Entries, old: Entry, entry: Entry): Entries {
  return entries.map((one) => (one === old ? entry : one));
}

/** With those that are missing, in the order of their times. */
export function merge(entries: Entries, others: Entries): Entries {
  const known = new Set(entries.map((entry) => entry.id));
  const missing = others.filter((entry) => !known.has(entry.id));
  return [...missing, ...entries].sort((one, other) => one.at - other.at).slice(-MAX_ENTRIES);
}

/** With what somebody asked, and was answered, under that name. */
export function named(entries: Entries, from: string, who: string): Entries {
  const isMeant = (one: Entry): boolean => 'from' in one && one.from === from && one.who !== who;
  return entries.some(isMeant)
    ? entries.map((one) => (isMeant(one) ? { ...one, who } : one))
    : entries;
}

/** With the line of that id changed, or begun. */
export function put(
  entries: Entries,
  id: string,
  change: (old: Spoken | undefined) => Spoken,
): Entries {
  const old = entries.findLast((entry): entry is Spoken => entry.id === id && isSpoken(entry));
  const changed = change(old);
  if (changed === old) return entries;
  return old === undefined ? append(entries, changed) : replace(entries, old, changed);
}
