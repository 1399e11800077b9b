import { useSyncExternalStore } from 'react';

import type { Transcript } from '../logic/transcript';
import { useSession } from '../session/context';

export function useTranscript(): Transcript {
  const { transcript } = useSession();
  return useSyncExternalStore(transcript.subscribe, transcript.snapshot);
}
