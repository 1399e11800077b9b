import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';

const NEAR = 48;

/** Keeps a scrolled list at its end when `changed` does, unless its reader has scrolled back. */
export function useStickToEnd(changed: unknown): RefObject<HTMLOListElement | null> {
  const ref = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);

  useEffect(() => {
    const list = ref.current;
    if (list === null) return undefined;
    const look = (): void => {
      atEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
    };
    list.addEventListener('scroll', look, { passive: true });
    return () => {
      list.removeEventListener('scroll', look);
    };
  }, []);

  useEffect(() => {
    if (atEnd.current) ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, [changed]);

  return ref;
}
