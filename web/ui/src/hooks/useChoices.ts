import { useEffect } from 'react';

import { parseChoices } from '../logic/choices';
import type { Choices } from '../logic/choices';
import { Store } from '../logic/store';
import { api } from '../session/api';
import { useStore } from './useStore';

const choices = new Store<Choices | undefined>(undefined);
let asked = false;

/** What may be chosen, asked for once; undefined until it is there. */
export function useChoices(): Choices | undefined {
  useEffect(() => {
    if (asked) return;
    asked = true;
    api('/api/choices').then(
      (found) => {
        choices.set(parseChoices(found));
      },
      () => {
        asked = false; // the next one who needs it asks again
      },
    );
  }, []);
  return useStore(choices);
}
