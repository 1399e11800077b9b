import { preferences } from '../session/preferences';
import { de } from './de';
import { en } from './en';
import type { Texts } from './en';

export type { Texts };

export const LANGUAGES: Readonly<Record<string, Texts>> = { en, de };

/** The texts of a language; empty: of the first one of the browser's that there is. */
export function textsFor(language: string): Texts {
  const wanted = language === '' ? navigator.languages : [language];
  for (const one of wanted) {
    const found = LANGUAGES[one.slice(0, 2).toLowerCase()];
    if (found) return found;
  }
  return en;
}

/** The code of the language that `textsFor` chose. */
export function codeOf(texts: Texts): string {
  return Object.keys(LANGUAGES).find((code) => LANGUAGES[code] === texts) ?? 'en';
}

/** Those that this user wants, for who is not drawn by React. */
export function texts(): Texts {
  return textsFor(preferences.snapshot().language);
}
