import { useCallback, useEffect, useState } from 'react';

import { errorText } from '../logic/errors';
import { parseObject } from '../logic/json';
import type { Values } from '../session/calls';
import { useSession } from '../session/session';
import { useBooth } from './useSessionStores';

interface Settings {
  /** undefined until a commentator has said them. */
  readonly values: Values | undefined;
  /** null takes one back to what it was at the start. */
  readonly change: (name: string, value: unknown) => Promise<void>;
  /** Why the last change of that one was refused, one line, or "". */
  readonly error: (name: string) => string;
  /** The one that was changed last, as wanted. */
  readonly saved: string;
}

/** What of the status shows that somebody, here or elsewhere, has changed a setting. */
const TOLD = [
  ...['mode', 'profile', 'preset', 'source'],
  ...['focus', 'length', 'language', 'schedule', 'voice'],
];

/** The commentator's settings in this room, as whoever changes them leaves them. */
export function useSettings(): Settings {
  const { call } = useSession();
  const booth = useBooth();
  const [values, setValues] = useState<Values>();
  const [failed, setFailed] = useState({ name: '', text: '' });
  const [saved, setSaved] = useState('');
  const { present } = booth;
  const status = parseObject(booth.json) ?? {};
  const told = JSON.stringify(TOLD.map((name) => status[name]));

  useEffect(() => {
    if (!present) return undefined;
    let current = true;
    call('get', null).then(
      (found) => {
        if (current) setValues(found);
      },
      () => {
        // It has just gone: the next one is asked.
      },
    );
    return () => {
      current = false;
    };
  }, [call, present, told]);

  const change = useCallback(
    async (name: string, value: unknown) => {
      setSaved('');
      setFailed({ name: '', text: '' });
      // It moves under the finger, and back where it is refused.
      setValues((old) => (value === null ? old : { ...old, [name]: value }));
      try {
        setValues(await call('set', { [name]: value }));
        setSaved(name);
      } catch (reason) {
        setFailed({ name, text: errorText(reason) });
        call('get', null).then(setValues, () => undefined);
      }
    },
    [call],
  );

  const error = (name: string): string => (failed.name === name ? failed.text : '');
  return { values: present ? values : undefined, change, error, saved };
}
