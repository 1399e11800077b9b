import { parseObject } from '../logic/json';
import { Store } from '../logic/store';

/** What this browser's user likes, kept in it. */
export interface Preferences {
  /** Empty: the browser's. */
  readonly language: string;
  /** Shown to others; empty: none. */
  readonly name: string;
  readonly captionSize: 'small' | 'medium' | 'large';
  readonly captionPlace: 'below' | 'over' | 'off';
  /** 0 to 1. */
  readonly voiceVolume: number;
  readonly sourceVolume: number;
  readonly voiceMuted: boolean;
  readonly sourceMuted: boolean;
  readonly ducking: boolean;
  /** Single keys do something. */
  readonly keys: boolean;
}

const KEY = 'pressbox.preferences';

const USUAL: Preferences = {
  language: '',
  name: '',
  captionSize: 'medium',
  captionPlace: 'below',
  voiceVolume: 1,
  sourceVolume: 0.6,
  voiceMuted: false,
  sourceMuted: false,
  ducking: true,
  keys: true,
};

const CHOICES: Partial<Record<keyof Preferences, readonly string[]>> = {
  captionSize: ['small', 'medium', 'large'],
  captionPlace: ['below', 'over', 'off'],
};

/** What was kept, with the usual values for what is missing or makes no sense. */
export function parsePreferences(kept: string): Preferences {
  const found = Object.entries(parseObject(kept) ?? {}).filter(([name, value]) => {
    if (!(name in USUAL)) return false;
    const key = name as keyof Preferences;
    if (typeof value !== typeof USUAL[key]) return false;
    return typeof value !== 'string' || (CHOICES[key]?.includes(value) ?? true);
  });
  return { ...USUAL, ...Object.fromEntries(found) };
}

function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined; // a browser that lets pages keep nothing
  }
}

export const preferences = new Store(parsePreferences(storage()?.getItem(KEY) ?? ''));

export function prefer(change: Partial<Preferences>): void {
  preferences.change((before) => ({ ...before, ...change }));
  try {
    storage()?.setItem(KEY, JSON.stringify(preferences.snapshot()));
  } catch {
    // Full: it holds until the page is left.
  }
}
