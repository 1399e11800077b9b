import { DisconnectReason, RoomEvent } from 'livekit-client';
import type { Room } from 'livekit-client';
import { useCallback, useEffect, useReducer, useRef } from 'react';

import { disconnectText, errorText, isFinal } from '../logic/errors';
import { nextPhase, retryDelay } from '../logic/phase';
import type { Phase } from '../logic/phase';
import { forgetIfCopied, keepPlace, keptPlace, tabStorage } from './place';
import { checkReach, fetchTicket } from './token';

export interface Connection {
  readonly phase: Phase;
  readonly join: () => void;
  readonly leave: () => void;
}

/** Enters and leaves the room, and comes back by itself when the connection is lost. */
export function useConnection(room: Room, roomName: string): Connection {
  const [phase, tell] = useReducer(nextPhase, { name: 'idle' });
  const attempt = useRef<AbortController>(null);

  useEffect(() => {
    const [entry] = performance.getEntriesByType('navigation');
    forgetIfCopied((entry as PerformanceNavigationTiming | undefined)?.type ?? '', tabStorage());
  }, []);

  const join = useCallback(() => {
    attempt.current?.abort();
    const mine = (attempt.current = new AbortController());
    tell({ type: 'join' });
    enter(room, roomName, mine.signal).then(
      () => {
        if (!mine.signal.aborted) tell({ type: 'joined' });
      },
      (error: unknown) => {
        if (!mine.signal.aborted) tell({ type: 'refused', error: errorText(error) });
      },
    );
  }, [room, roomName]);

  const leave = useCallback(() => {
    attempt.current?.abort();
    tell({ type: 'left' });
    void room.disconnect();
  }, [room]);

  useEffect(() => {
    const dropped = (reason?: DisconnectReason): void => {
      if (reason === DisconnectReason.CLIENT_INITIATED) return;
      tell({ type: 'dropped', error: disconnectText(reason), again: !isFinal(reason) });
    };
    const waiting = (): void => {
      tell({ type: 'reconnecting' });
    };
    const back = (): void => {
      tell({ type: 'joined' });
    };
    room.on(RoomEvent.Disconnected, dropped);
    room.on(RoomEvent.Reconnecting, waiting).on(RoomEvent.SignalReconnecting, waiting);
    room.on(RoomEvent.Reconnected, back);
    return () => {
      room.off(RoomEvent.Disconnected, dropped);
      room.off(RoomEvent.Reconnecting, waiting).off(RoomEvent.SignalReconnecting, waiting);
      room.off(RoomEvent.Reconnected, back);
    };
  }, [room]);

  useEffect(() => {
    if (phase.name !== 'lost' || phase.retrying || !phase.again) return undefined;
    const timer = setTimeout(join, retryDelay(phase.attempt) * 1000);
    return () => {
      clearTimeout(timer);
    };
  }, [phase, join]);

  return { phase, join, leave };
}

async function enter(room: Room, roomName: string, signal: AbortSignal): Promise<void> {
  // Who comes back under the same identity takes the place of what is left of the last visit.
  const place = keptPlace(roomName, tabStorage());
  const { serverUrl, token } = await fetchTicket(roomName, place, signal);
  checkReach(window.location.protocol, serverUrl);
  try {
    await room.connect(serverUrl, token, { autoSubscribe: false });
  } catch (error) {
    throw new Error(`No connection to LiveKit at ${serverUrl}: ${errorText(error)}`, {
      cause: error,
    });
  }
  keepPlace({ room: roomName, identity: room.localParticipant.identity, token }, tabStorage());
}
