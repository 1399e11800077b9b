import { ConnectionError, ConnectionErrorReason } from 'livekit-client';
import type { Room } from 'livekit-client';

import { errorText } from '../logic/errors';
import type { Way } from '../logic/phase';
import { api, inRoom } from './api';
import { keepPlace, keptPlace, tabStorage } from './place';
import { preferences } from './preferences';
import { checkReach, fetchTicket } from './token';

/** Milliseconds until WebRTC counts as not getting through. */
const PATIENCE = 10_000;

/**
 * Enters a room by LiveKit; returns by which way the page goes on: by HTTP where WebRTC alone does
 * not get through. Throws one clear line.
 */
export async function enter(room: Room, roomName: string, signal: AbortSignal): Promise<Way> {
  // Who comes back under the same identity takes the place of what is left of the last visit.
  const place = keptPlace(roomName, tabStorage());
  const { name } = preferences.snapshot();
  const { serverUrl, token } = await fetchTicket(roomName, name, place, signal);
  checkReach(window.location.protocol, serverUrl);
  if (!('RTCPeerConnection' in window)) return 'http';
  try {
    await room.connect(serverUrl, token, {
      autoSubscribe: false,
      peerConnectionTimeout: PATIENCE,
      maxRetries: 0,
    });
  } catch (error) {
    if (!signal.aborted && isBlocked(error) && (await isThere(roomName, signal))) return 'http';
    throw new Error(`No connection to LiveKit at ${serverUrl}: ${errorText(error)}`, {
      cause: error,
    });
  }
  const { identity } = room.localParticipant;
  keepPlace({ room: roomName, identity, token, camera: false }, tabStorage());
  return 'webrtc';
}

/** Whether something on the way is to blame, and not who asked. */
function isBlocked(error: unknown): boolean {
  return !(error instanceof ConnectionError) || error.reason !== ConnectionErrorReason.NotAllowed;
}

/** Whether the page's server gets at the room, by which it serves pictures and sound. */
async function isThere(roomName: string, signal: AbortSignal): Promise<boolean> {
  try {
    await api(inRoom('/api/settings', roomName), { signal });
    return true;
  } catch {
    return false;
  }
}
