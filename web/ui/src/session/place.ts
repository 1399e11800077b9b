import { parseObject } from '../logic/json';

/** Who this tab was in a room, and the token that proves it to the page's server. */
export interface Place {
  readonly room: string;
  readonly identity: string;
  readonly token: string;
  /** Whether it showed a camera. */
  readonly camera: boolean;
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

/** Notes whether there is a camera to come back with. */
export function keepCamera(camera: boolean, storage: Storage | undefined): void {
  const kept = parseObject(storage?.getItem(KEY) ?? '');
  if (kept !== undefined) storage?.setItem(KEY, JSON.stringify({ ...kept, camera }));
}

/** The one that was kept for this room. */
export function keptPlace(room: string, storage: Storage | undefined): Place | undefined {
  const kept = parseObject(storage?.getItem(KEY) ?? '') ?? {};
  const { identity, token } = kept;
  const whole = typeof identity === 'string' && typeof token === 'string';
  if (!whole || kept['room'] !== room) return undefined;
  return { room, identity, token, camera: kept['camera'] === true };
}

export function forgetPlace(storage: Storage | undefined): void {
  storage?.removeItem(KEY);
}

/** A copy of a tab has all that its original kept, and must not throw it out of the room. */
export function forgetIfCopied(navigation: string, storage: Storage | undefined): void {
  if (navigation !== 'reload') forgetPlace(storage);
}
