import { useCallback, useRef, useState } from 'react';

import { errorText } from '../logic/errors';
import { useSession } from '../session/session';
import { useTexts } from './useTexts';

interface Talk {
  readonly held: boolean;
  /** One line, or empty. */
  readonly error: string;
  readonly hold: () => void;
  readonly letGo: () => void;
}

/** The microphone, as long as a button is held. */
export function useTalk(): Talk {
  const { room, call } = useSession();
  const { ask, camera } = useTexts();
  const [held, setHeld] = useState(false);
  const [error, setError] = useState('');
  const wanted = useRef(false);
  /** One after the other, however fast it is pressed and let go. */
  const turn = useRef(Promise.resolve());

  const then = useCallback((work: () => Promise<unknown>, failed: (reason: unknown) => void) => {
    turn.current = turn.current.then(work).then(() => undefined, failed);
  }, []);

  const letGo = useCallback(() => {
    if (!wanted.current) return;
    wanted.current = false;
    setHeld(false);
    then(
      async () => {
        await call('talk', { on: false });
        await room.localParticipant.setMicrophoneEnabled(false);
      },
      () => void room.localParticipant.setMicrophoneEnabled(false),
    );
  }, [room, call, then]);

  const hold = useCallback(() => {
    if (wanted.current) return;
    wanted.current = true;
    setHeld(true);
    setError('');
    then(
      async () => {
        await room.localParticipant.setMicrophoneEnabled(true);
        await call('talk', { on: true });
      },
      (reason) => {
        const refused = reason instanceof DOMException;
        setError(ask.noTalk(refused ? camera.microphone : errorText(reason)));
        letGo();
      },
    );
  }, [room, call, then, letGo, ask, camera]);

  return { held, error, hold, letGo };
}
