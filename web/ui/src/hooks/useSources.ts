import { useCallback, useEffect, useRef, useState } from 'react';

import { errorText } from '../logic/errors';
import type { Source } from '../logic/sources';
import { fetchSources } from '../session/sourcesApi';

const INTERVAL = 2000;

export interface Sources {
  /** undefined before the first answer. */
  readonly sources: readonly Source[] | undefined;
  readonly error: string;
  /** Ask again at once. */
  readonly refresh: () => void;
}

/** The sources of a room, asked for again and again while somebody looks. */
export function useSources(looking: boolean, room: string, token: string): Sources {
  const [sources, setSources] = useState<readonly Source[]>();
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  const newest = useRef(token);

  useEffect(() => {
    newest.current = token; // while it is typed, nothing is asked again for it
  }, [token]);

  useEffect(() => {
    if (!looking) return undefined;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      try {
        const found = await fetchSources(room, newest.current, leaving.signal);
        if (leaving.signal.aborted) return;
        setSources(found);
        setError('');
      } catch (thrown) {
        if (leaving.signal.aborted) return;
        setError(errorText(thrown));
      }
      timer = setTimeout(() => void look(), INTERVAL);
    };
    void look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [looking, room, turn]);

  const refresh = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);

  return { sources, error, refresh };
}
