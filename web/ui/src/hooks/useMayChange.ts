import { useSession } from '../session/session';

/** Whether the commentator takes changes from this page's user; it has the last word. */
export function useMayChange(): boolean {
  return !useSession().room.localParticipant.identity.startsWith('guest-');
}
