import { RoomEvent } from 'livekit-client';
import type { Room } from 'livekit-client';

import { useSession } from '../session/context';
import { useRoomValue } from './useRoomValue';

const EVENTS = [
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.VideoPlaybackStatusChanged,
  RoomEvent.ConnectionStateChanged,
] as const;

const readBlocked = (room: Room) => !room.canPlaybackAudio || !room.canPlaybackVideo;

/** Whether the browser wants another click before it plays; `unblock` is for that click. */
export function usePlaybackBlocked(): {
  readonly blocked: boolean;
  readonly unblock: () => void;
} {
  const { room } = useSession();
  return {
    blocked: useRoomValue(readBlocked, EVENTS),
    unblock: () => {
      Promise.all([room.startAudio(), room.startVideo()]).catch(() => {
        // Still refused: the notice stays for the next click.
      });
    },
  };
}
