import type { Track } from 'livekit-client';
import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';

/** Plays `track` in the media element that gets the result as its `ref`. */
export function useAttached<Element extends HTMLMediaElement>(
  track: Track | undefined,
): RefObject<Element | null> {
  const ref = useRef<Element>(null);
  useEffect(() => {
    const element = ref.current;
    if (element === null || track === undefined) return undefined;
    track.attach(element);
    return () => {
      track.detach(element);
    };
  }, [track]);
  return ref;
}
