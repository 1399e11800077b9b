import type { Room } from 'livekit-client';
import { createContext, useContext } from 'react';

import type { Phase } from '../logic/phase';
import type { TranscriptStore } from './transcriptStore';

/** The one source of state: the room, where we stand with it, and what was said in it. */
export interface Session {
  readonly room: Room;
  readonly phase: Phase;
  readonly transcript: TranscriptStore;
  /** Whether the user wishes to show the camera. */
  readonly cameraWanted: boolean;
  readonly wantCamera: (wanted: boolean) => void;
  /** Enter the room, or try again. */
  readonly join: () => void;
  readonly leave: () => void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('useSession needs a SessionProvider above it');
  return session;
}
