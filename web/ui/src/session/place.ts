import { parseObject } from '../logic/json';

/** Who this tab was in a room, and the token that proves it to the page's server. */
export interface Place {
  readonly room: string;
  readonly identity: string;
  readonly token: string;
}

const KEY = 'pressbox.place';

/** What this tab keeps; undefined where the browser is set to let pages keep nothing. */
export function tabStorage(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

/** Keeps it for this tab, over a reload. */
export function keepPlace(place: Place, storage: Storage | undefined): void {
  storage?.setItem(KEY, JSON.stringify(place));
}

/** The one that was kept for this room. */
export function keptPlace(room: string, storage: Storage | undefined): Place | undefined {
  const kept = parseObject(storage?.getItem(KEY) ?? '') ?? {};
  const { identity, token } = kept;
  const whole = typeof identity === 'string' && typeof token === 'string';
  return whole && kept['room'] === room ? { room, identity, token } : undefined;
}

/** A copy of a tab has all that its original kept, and must not throw it out of the room. */
export function forgetIfCopied(navigation: string, storage: Storage | undefined): void {
  if (navigation !== 'reload') storage?.removeItem(KEY);
}
