import type { Room, RoomEvent } from 'livekit-client';
import { useCallback, useSyncExternalStore } from 'react';

import { useSession } from '../session/session';

/**
 * What `read` finds in the room, read again at each of `events`. Both must be constants of their
 * module or memoised; `read` must return the same object as long as nothing has changed.
 */
export function useRoomValue<Value>(
  read: (room: Room) => Value,
  events: readonly RoomEvent[],
): Value {
  const { room } = useSession();
  const subscribe = useCallback(
    (changed: () => void) => {
      for (const event of events) room.on(event, changed);
      return () => {
        for (const event of events) room.off(event, changed);
      };
    },
    [room, events],
  );
  return useSyncExternalStore(subscribe, () => read(room));
}
