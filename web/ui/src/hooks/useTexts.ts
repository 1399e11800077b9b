import { preferences } from '../session/preferences';
import { textsFor } from '../texts/texts';
import type { Texts } from '../texts/texts';
import { useStore } from './useStore';

export function useTexts(): Texts {
  return textsFor(useStore(preferences).language);
}
