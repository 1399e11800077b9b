import { RoomEvent } from 'livekit-client';
import type { Room } from 'livekit-client';

import type { Store } from '../logic/store';
import { NO_BOOTH, parseStatus, parseWaiting } from '../logic/status';
import type { Booth } from '../logic/status';
import { findBooth, STATE_ATTRIBUTE, STATUS_ATTRIBUTE, subscribeToAgents } from './booth';

const EVENTS = [
  RoomEvent.Connected,
  RoomEvent.ConnectionStateChanged,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.RoomMetadataChanged,
  RoomEvent.TrackPublished,
] as const;

/** Keeps `booth` as the room shows it, and its tracks subscribed to. */
export function followRoom(room: Room, booth: Store<Booth>): void {
  const look = (): void => {
    booth.change((before) => read(room, before));
    subscribeToAgents(room);
  };
  for (const event of EVENTS) room.on(event, look);
}

function read(room: Room, before: Booth): Booth {
  const found = findBooth(room);
  const { waiting, seen } = parseWaiting(room.metadata);
  if (found === undefined) return { ...NO_BOOTH, seen: seen || before.seen, waiting };
  const json = found.attributes[STATUS_ATTRIBUTE] ?? '';
  const status = json === before.json ? before.status : parseStatus(json);
  const source = status?.source ?? '';
  const next: Booth = {
    present: true,
    seen: true,
    json,
    status,
    speaking: found.attributes[STATE_ATTRIBUTE] === 'speaking',
    sourceName: room.remoteParticipants.get(source)?.name ?? '',
    mine: source !== '' && source === room.localParticipant.identity,
    waiting,
  };
  return same(before, next) ? before : next;
}

function same(one: Booth, other: Booth): boolean {
  return (Object.keys(one) as (keyof Booth)[]).every((key) => one[key] === other[key]);
}
