import { api, Refusal } from './api';
import type { Place } from './place';

export interface Ticket {
  readonly serverUrl: string;
  readonly token: string;
}

/**
 * Asks the page's server for a place in `room` (empty: its default), the one that this tab had or a
 * new one, under this name. Throws a Refusal.
 */
export async function fetchTicket(
  room: string,
  name: string,
  place: Place | undefined,
  signal: AbortSignal,
): Promise<Ticket> {
  const body = {
    room_name: room,
    participant_name: name,
    participant_identity: place?.identity,
    participant_token: place?.token,
  };
  const { server_url: serverUrl, participant_token: token } = await api('/api/livekit/token', {
    body,
    signal,
  });
  if (typeof serverUrl === 'string' && typeof token === 'string') return { serverUrl, token };
  throw new Refusal(0, 'Pressbox gave no place in the room');
}

/** Throws one clear line where a page of this protocol may not connect to that server. */
export function checkReach(protocol: string, serverUrl: string): void {
  const { protocol: server, hostname } = new URL(serverUrl);
  const local = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  if (protocol === 'https:' && server === 'ws:' && !local) {
    throw new Error(
      `Browsers let a page that came by https connect to wss: only, and LiveKit is at ${serverUrl}: ` +
        'set LIVEKIT_PUBLIC_URL to its wss: address.',
    );
  }
}
