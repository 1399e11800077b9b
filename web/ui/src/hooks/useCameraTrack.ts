import { RoomEvent, Track } from 'livekit-client';
import type { LocalVideoTrack, Room } from 'livekit-client';

import { useRoomValue } from './useRoomValue';

const EVENTS = [
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.ConnectionStateChanged,
] as const;

const publication = (room: Room) => room.localParticipant.getTrackPublication(Track.Source.Camera);
const readTrack = (room: Room) => publication(room)?.videoTrack;
const readOn = (room: Room) => publication(room)?.isMuted === false;

export interface CameraTrack {
  /** What is published of the camera. */
  readonly track: LocalVideoTrack | undefined;
  /** Whether pictures go out. */
  readonly on: boolean;
}

export function useCameraTrack(): CameraTrack {
  return { track: useRoomValue(readTrack, EVENTS), on: useRoomValue(readOn, EVENTS) };
}
