import { errorText } from '../logic/errors';
import { parseObject } from '../logic/json';
import type { Place } from './place';

export interface Ticket {
  readonly serverUrl: string;
  readonly token: string;
}

const TIMEOUT = 10_000;

/**
 * Asks the page's server for a place in `room` (empty: its default), the one that this tab had or a
 * new one. Throws one clear line.
 */
export async function fetchTicket(
  room: string,
  place: Place | undefined,
  signal: AbortSignal,
): Promise<Ticket> {
  const body = JSON.stringify({
    room_name: room,
    participant_identity: place?.identity,
    participant_token: place?.token,
  });
  let response: Response;
  let text: string;
  try {
    response = await fetch('/api/livekit/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    text = await response.text();
  } catch (error) {
    throw new Error(`Pressbox does not answer: ${errorText(error)}`, { cause: error });
  }
  return readTicket(response.status, text);
}

/** Reads the answer of the token endpoint. Throws one clear line. */
export function readTicket(status: number, text: string): Ticket {
  const object = parseObject(text) ?? {};
  const { server_url: serverUrl, participant_token: token, error } = object;
  if (status === 201 && typeof serverUrl === 'string' && typeof token === 'string') {
    return { serverUrl, token };
  }
  const why = typeof error === 'string' ? error : `HTTP ${status}`;
  throw new Error(`Pressbox gave no place in the room: ${why}`);
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
