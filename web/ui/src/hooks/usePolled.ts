import { useCallback, useEffect, useState } from 'react';

import { errorText } from '../logic/errors';

interface Polled<Value> {
  /** undefined before the first answer. */
  readonly value: Value | undefined;
  /** Of the last try; empty for none. */
  readonly error: string;
  /** Ask again at once. */
  readonly refresh: () => void;
}

/** What `ask` answers, asked for again and again; it must be memoised. `pause` in milliseconds. */
export function usePolled<Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
  pause: number,
): Polled<Value> {
  const [value, setValue] = useState<Value>();
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      try {
        const found = await ask(leaving.signal);
        if (leaving.signal.aborted) return;
        setValue(found);
        setError('');
      } catch (thrown) {
        if (leaving.signal.aborted) return;
        setError(errorText(thrown));
      }
      timer = setTimeout(() => void look(), pause);
    };
    void look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [ask, pause, turn]);

  const refresh = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);

  return { value, error, refresh };
}
