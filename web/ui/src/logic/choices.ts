import { objects, text } from './json';

export interface Profile {
  readonly name: string;
  readonly about: string;
  /** Questions that fit it. */
  readonly questions: readonly string[];
}

export interface Choices {
  readonly profiles: readonly Profile[];
  /** Names, and what each is. */
  readonly presets: readonly (readonly [string, string])[];
  readonly languages: readonly (readonly [string, string])[];
}

/** Reads the answer of `GET /api/choices`; what makes no sense is left out. */
export function parseChoices(answer: Readonly<Record<string, unknown>>): Choices {
  return {
    profiles: objects(answer['profiles']).map((one) => ({
      name: text(one['name']),
      about: text(one['about']),
      questions: texts(one['questions']),
    })),
    presets: objects(answer['presets']).map((one) => [text(one['name']), text(one['about'])]),
    languages: objects(answer['languages']).map((one) => [text(one['tag']), text(one['name'])]),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
