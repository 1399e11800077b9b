import type { RemoteParticipant, Room } from 'livekit-client';

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
