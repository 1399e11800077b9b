import { RoomEvent, Track } from 'livekit-client';
import type { Room } from 'livekit-client';
import { useMemo } from 'react';

import { nameOf } from '../session/booth';
import { useRoomValue } from './useRoomValue';
import { useTexts } from './useTexts';

const EVENTS = [
  RoomEvent.ConnectionStateChanged,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
] as const;

const KINDS: readonly Track.Source[] = [Track.Source.Camera, Track.Source.ScreenShare];

/** Who shows something, as identity and name of each, in text: it must be the same while it is. */
function read(room: Room): string {
  const people = [room.localParticipant, ...room.remoteParticipants.values()];
  const showing = people.filter(
    (one) =>
      !one.isAgent && [...one.trackPublications.values()].some(({ source }) => KINDS.includes(source)),
  );
  return JSON.stringify(showing.map(({ identity }) => [identity, nameOf(room, identity)]));
}

/** Identities and names of those who show something in the room. */
export function usePictures(): readonly (readonly [string, string])[] {
  const { source } = useTexts();
  const found = useRoomValue(read, EVENTS);
  return useMemo(
    () =>
      (JSON.parse(found) as [string, string][]).map(
        ([identity, name]) => [identity, name === '' ? source.mine : name] as const,
      ),
    [found, source],
  );
}
