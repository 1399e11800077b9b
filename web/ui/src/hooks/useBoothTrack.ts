import { RoomEvent } from 'livekit-client';
import type { RemoteTrack, Room } from 'livekit-client';
import { useCallback } from 'react';

import { findBooth } from '../session/booth';
import { useRoomValue } from './useRoomValue';

const EVENTS = [
  RoomEvent.ConnectionStateChanged,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
] as const;

/** The commentator's track of this name, once it can be played. */
export function useBoothTrack(name: 'delayed' | 'commentary' | 'original'): RemoteTrack | undefined {
  const read = useCallback(
    (room: Room) => {
      const publications = [...(findBooth(room)?.trackPublications.values() ?? [])];
      return publications.find((one) => one.trackName === name)?.track;
    },
    [name],
  );
  return useRoomValue(read, EVENTS);
}
