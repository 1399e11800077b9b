import { RoomEvent } from 'livekit-client';
import type { Room } from 'livekit-client';
import { useMemo } from 'react';

import { parseStatus, parseWaiting, report } from '../logic/status';
import type { Report } from '../logic/status';
import { findBooth, STATE_ATTRIBUTE, STATUS_ATTRIBUTE } from '../session/booth';
import { useSession } from '../session/context';
import { useRoomValue } from './useRoomValue';

const EVENTS = [
  RoomEvent.ConnectionStateChanged,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.RoomMetadataChanged,
] as const;

const readStatus = (room: Room) => findBooth(room)?.attributes[STATUS_ATTRIBUTE];
const readState = (room: Room) => findBooth(room)?.attributes[STATE_ATTRIBUTE];
const readWaiting = (room: Room) => parseWaiting(room.metadata);
const readPresent = (room: Room) => findBooth(room) !== undefined;

export interface BoothReport extends Report {
  /** Seconds; undefined if there is no picture that could be late. */
  readonly delay: number | undefined;
  readonly speaking: boolean;
}

/** What the commentator says about itself, in one sentence and two numbers. */
export function useBoothReport(): BoothReport {
  const { room } = useSession();
  const json = useRoomValue(readStatus, EVENTS);
  const state = useRoomValue(readState, EVENTS) ?? '';
  const present = useRoomValue(readPresent, EVENTS);
  const waiting = useRoomValue(readWaiting, EVENTS);
  return useMemo(() => {
    const status = parseStatus(json);
    const said = report(present, status, sourceName(room, status?.source ?? ''), waiting);
    return { ...said, delay: status?.delay, speaking: state === 'speaking' };
  }, [room, json, state, present, waiting]);
}

function sourceName(room: Room, identity: string): string {
  if (identity === room.localParticipant.identity) return 'your camera';
  const name = room.remoteParticipants.get(identity)?.name;
  return name === undefined || name === '' ? identity : name;
}
