import { useEffect } from 'react';

import type { Tab } from '../components/Tabs';
import { prefer, preferences } from '../session/preferences';

/** Single keys, while nothing is being written. */
export function useShortcuts(choose: (tab: Tab) => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const writing = (event.target as HTMLElement).closest('input, textarea, select, dialog');
      if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
      const liked = preferences.snapshot();
      if (!liked.keys) return;
      switch (event.key.toLowerCase()) {
        case '/':
          event.preventDefault();
          choose('said');
          requestAnimationFrame(() => document.getElementById('question')?.focus());
          break;
        case 'm':
          prefer({ voiceMuted: !liked.voiceMuted });
          break;
        case 'c':
          prefer({ captionPlace: liked.captionPlace === 'off' ? 'below' : 'off' });
          break;
        case 'f':
          document.querySelector<HTMLElement>('[data-tool="full-screen"]')?.click();
          break;
      }
    };
    document.addEventListener('keydown', pressed);
    return () => {
      document.removeEventListener('keydown', pressed);
    };
  }, [choose]);
}
