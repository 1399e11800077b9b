import { useCallback, useSyncExternalStore } from 'react';
import type { RefObject } from 'react';

interface FullScreen {
  readonly on: boolean;
  readonly toggle: () => void;
}

/** An iPhone has it for videos only, and then with controls of its own. */
interface AppleVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

function subscribe(changed: () => void): () => void {
  document.addEventListener('fullscreenchange', changed);
  return () => {
    document.removeEventListener('fullscreenchange', changed);
  };
}

/** Full screen for an element, or for the video in it; undefined where the browser has none. */
export function useFullScreen(ref: RefObject<HTMLElement | null>): FullScreen | undefined {
  const on = useSyncExternalStore(subscribe, () => document.fullscreenElement !== null);
  const toggle = useCallback(() => {
    if (document.fullscreenElement) {
      void document.exitFullscreen();
    } else if (document.fullscreenEnabled) {
      // Refused without a click: then there was none.
      ref.current?.requestFullscreen().catch(() => undefined);
    } else {
      ref.current?.querySelector<AppleVideo>('video')?.webkitEnterFullscreen?.();
    }
  }, [ref]);
  const possible = document.fullscreenEnabled || 'webkitEnterFullscreen' in HTMLVideoElement.prototype;
  return possible ? { on, toggle } : undefined;
}
