import { useCallback } from 'react';

import { errorText } from '../logic/errors';
import { unixNow } from '../logic/time';
import { api, inRoom } from '../session/api';
import { preferences } from '../session/preferences';
import { CHAT_TOPIC } from '../session/receiveText';
import { useSession } from '../session/session';
import { useByHttp } from './useSessionStores';
import { useTexts } from './useTexts';

/** Seconds after which a question is given up: the booth, which tells what becomes of it, is gone. */
const PATIENCE = 300;

/** Sends a question to the commentator, and says in the transcript what became of it. */
export function useAsk(): (text: string) => void {
  const { room, roomName, transcript } = useSession();
  const { said } = useTexts();
  const byHttp = useByHttp();
  return useCallback(
    (text) => {
      const id = crypto.getRandomValues(new Uint32Array(2)).join('-');
      const failed = (reason: string): void => {
        transcript.dispatch({ type: 'unanswered', id, reason });
      };
      transcript.dispatch({ type: 'asked', id, text, at: unixNow(), who: '' });
      const { name } = preferences.snapshot();
      const sent = byHttp
        ? api(inRoom('/api/ask', roomName), { body: { text, name } })
        : room.localParticipant.sendText(text, { topic: CHAT_TOPIC });
      sent.catch((error: unknown) => {
        failed(said.notSent(errorText(error)));
      });
      setTimeout(() => {
        failed(said.nothingCame(PATIENCE));
      }, PATIENCE * 1000);
    },
    [room, roomName, transcript, said, byHttp],
  );
}
