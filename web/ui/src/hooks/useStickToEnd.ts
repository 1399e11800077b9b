import { useCallback, useEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';

/** Pixels that still count as the end. */
const NEAR = 48;

/** Milliseconds for which what one did may still scroll. */
const DOING = 1000;

/** By which one scrolls; the bar of a list tells no end of it. */
const ACTS = ['wheel', 'touchmove', 'keydown', 'pointerdown', 'pointerup', 'pointercancel'] as const;

interface End {
  /** Of what is scrolled, which holds one element with all that is in it. */
  readonly ref: RefObject<HTMLDivElement | null>;
  /** Its reader has scrolled back. */
  readonly away: boolean;
  readonly goThere: () => void;
}

/** Keeps a scrolled list at its end, whatever grows or shrinks, unless its reader has scrolled back. */
export function useStickToEnd(): End {
  const ref = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const acted = useRef(0);
  const [away, setAway] = useState(false);

  const goThere = useCallback(() => {
    acted.current = 0;
    stuck.current = true;
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, []);

  useEffect(() => {
    const list = ref.current;
    if (list === null) return undefined;
    let before = 0;
    // Rows that come into view get their true height, which scrolls too: that is not its reader.
    const doing = ({ type }: Event): void => {
      acted.current = type === 'pointerdown' ? Infinity : performance.now();
    };
    const look = (): void => {
      const { scrollTop } = list;
      const left = list.scrollHeight - scrollTop - list.clientHeight;
      const byReader = performance.now() - acted.current < DOING;
      stuck.current = left < NEAR || (stuck.current && !(byReader && scrollTop < before));
      before = scrollTop;
      if (stuck.current && !byReader && left >= 1) goThere();
      setAway(!stuck.current);
    };
    const sizes = new ResizeObserver(() => {
      if (stuck.current) goThere();
    });
    sizes.observe(list);
    if (list.firstElementChild) sizes.observe(list.firstElementChild);
    list.addEventListener('scroll', look, { passive: true });
    for (const one of ACTS) window.addEventListener(one, doing, { passive: true, capture: true });
    return () => {
      sizes.disconnect();
      list.removeEventListener('scroll', look);
      for (const one of ACTS) window.removeEventListener(one, doing, { capture: true });
    };
  }, [goThere]);

  return { ref, away, goThere };
}
