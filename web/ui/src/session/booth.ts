import type { RemoteParticipant, Room } from 'livekit-client';

import type { LineEvent } from '../logic/entries';
import { isViewer } from '../logic/report';
import { texts } from '../texts/texts';

export const STATUS_ATTRIBUTE = 'pressbox.status';
export const STATE_ATTRIBUTE = 'lk.agent.state';

/**
 * The commentator in the room: the newest agent that says so. A worker that died may still be
 * listed for a while after its successor came.
 */
export function findBooth(room: Room): RemoteParticipant | undefined {
  const agents = [...room.remoteParticipants.values()].filter((one) => one.isAgent);
  const booths = agents.filter((one) => one.attributes[STATUS_ATTRIBUTE] !== undefined);
  return (booths.length > 0 ? booths : agents)
    .sort((one, other) => (one.joinedAt?.getTime() ?? 0) - (other.joinedAt?.getTime() ?? 0))
    .at(-1);
}

/** Subscribes to what agents publish, and to nothing else: the live pictures stay where they are. */
export function subscribeToAgents(room: Room): void {
  for (const participant of room.remoteParticipants.values()) {
    if (!participant.isAgent) continue;
    for (const publication of participant.trackPublications.values()) {
      if (!publication.isSubscribed) publication.setSubscribed(true);
    }
  }
}

/** What people call a participant; empty for this page's own user and for nobody. */
export function nameOf(room: Room, identity: string): string {
  if (identity === '' || identity === room.localParticipant.identity) return '';
  const name = room.remoteParticipants.get(identity)?.name ?? '';
  if (name !== '') return name;
  return isViewer(identity) ? texts().said.somebody : identity;
}

/** Who asked what a line answers, as people call that one; empty for this page's own user. */
export function askerOf(room: Room, { asker, askerName }: LineEvent): string {
  return asker === room.localParticipant.identity ? '' : askerName || nameOf(room, asker);
}
