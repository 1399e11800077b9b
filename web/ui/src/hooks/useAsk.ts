import { useCallback } from 'react';

import { errorText } from '../logic/errors';
import { unixNow } from '../logic/time';
import { useSession } from '../session/context';
import { CHAT_TOPIC } from '../session/receiveText';

/** Seconds after which a question is given up: the booth, which tells what becomes of it, is gone. */
const PATIENCE = 300;

/** Sends a question to the room, and says in the transcript what became of it. */
export function useAsk(): (text: string) => void {
  const { room, transcript } = useSession();
  return useCallback(
    (text) => {
      const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
      const failed = (reason: string): void => {
        transcript.dispatch({ type: 'unanswered', id, reason });
      };
      transcript.dispatch({ type: 'asked', id, text, at: unixNow(), who: '' });
      room.localParticipant.sendText(text, { topic: CHAT_TOPIC }).catch((error: unknown) => {
        failed(`it could not be sent: ${errorText(error)}`);
      });
      setTimeout(() => {
        failed(`nothing came within ${PATIENCE} s`);
      }, PATIENCE * 1000);
    },
    [room, transcript],
  );
}
