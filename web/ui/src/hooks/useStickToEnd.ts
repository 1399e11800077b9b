import { useCallback, useEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';

/** Pixels that still count as the end. */
const NEAR = 48;

interface End {
  readonly ref: RefObject<HTMLDivElement | null>;
  /** Its reader has scrolled back. */
  readonly away: boolean;
  readonly goThere: () => void;
}

/** Keeps a scrolled list at its end when `changed` does, unless its reader has scrolled back. */
export function useStickToEnd(changed: unknown): End {
  const ref = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);

  const goThere = useCallback(() => {
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, []);

  useEffect(() => {
    const list = ref.current;
    if (list === null) return undefined;
    const look = (): void => {
      setAway(list.scrollHeight - list.scrollTop - list.clientHeight > NEAR);
    };
    list.addEventListener('scroll', look, { passive: true });
    return () => {
      list.removeEventListener('scroll', look);
    };
  }, []);

  useEffect(() => {
    if (!away) goThere();
  }, [changed, away, goThere]);

  return { ref, away, goThere };
}
