import type { Phase } from '../logic/phase';
import type { Booth } from '../logic/status';
import type { Transcript } from '../logic/transcript';
import { useSession } from '../session/session';
import { useStore } from './useStore';

/** Where this page stands with the room. */
export function usePhase(): Phase {
  return useStore(useSession().connection);
}

/** What is known of the commentator. */
export function useBooth(): Booth {
  return useStore(useSession().booth);
}

/** What was said and asked. */
export function useTranscript(): Transcript {
  return useStore(useSession().transcript);
}

/** Whether picture and sound come by plain HTTP. */
export function useByHttp(): boolean {
  const phase = usePhase();
  return 'way' in phase && phase.way === 'http';
}
