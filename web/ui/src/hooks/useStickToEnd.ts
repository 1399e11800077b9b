import { useCallback, useEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';

/** Pixels that still count as the end. */
const NEAR = 48;

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
  const [away, setAway] = useState(false);

  const goThere = useCallback(() => {
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, []);

  useEffect(() => {
    const list = ref.current;
    if (list === null) return undefined;
    let before = 0;
    const look = (): void => {
      const { scrollTop } = list;
      const atEnd = list.scrollHeight - scrollTop - list.clientHeight < NEAR;
      // What has grown since we scrolled there is not its reader scrolling back.
      stuck.current = atEnd || (stuck.current && scrollTop >= before);
      before = scrollTop;
      setAway(!stuck.current);
    };
    const sizes = new ResizeObserver(() => {
      if (stuck.current) goThere();
    });
    sizes.observe(list);
    if (list.firstElementChild) sizes.observe(list.firstElementChild);
    list.addEventListener('scroll', look, { passive: true });
    return () => {
      sizes.disconnect();
      list.removeEventListener('scroll', look);
    };
  }, [goThere]);

  return { ref, away, goThere };
}
