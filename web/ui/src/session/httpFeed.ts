import { parseObject } from '../logic/json';
import { parseLineEvent } from '../logic/lineEvent';
import { parseStatus } from '../logic/status';
import type { Booth } from '../logic/status';
import type { Store } from '../logic/store';
import { unixNow } from '../logic/time';
import { inRoom } from './api';
import type { TranscriptStore } from './transcriptStore';

export interface Hearers {
  /** It stands, at first or again. */
  readonly joined: () => void;
  /** The browser is trying to get it back. */
  readonly reconnecting: () => void;
  /** It is over, and the browser does not try again. */
  readonly dropped: () => void;
}

/** Follows a room by server-sent events, until the signal ends it. */
export function followEvents(
  roomName: string,
  booth: Store<Booth>,
  transcript: TranscriptStore,
  hearers: Hearers,
  signal: AbortSignal,
): void {
  const events = new EventSource(inRoom('/api/events', roomName));
  const on = (kind: string, hear: (data: string) => void): void => {
    events.addEventListener(kind, (event) => {
      hear((event as MessageEvent<string>).data);
    });
  };
  const line = (data: string): void => {
    const found = parseLineEvent(data);
    if (found === undefined) return;
    transcript.dispatch({ type: 'line', line: found, who: found.askerName });
    const speaking = found.phase === 'start' && found.spoken;
    booth.change((before) => ({ ...before, speaking }));
  };

  on('line', line);
  on('alert', line);
  on('words', (data) => {
    const { id, text, final } = parseObject(data) ?? {};
    if (typeof id !== 'string' || typeof text !== 'string') return;
    transcript.dispatch({ type: 'caption', id, text, final: final === true, at: unixNow() });
  });
  on('status', (json) => {
    const status = parseStatus(json);
    const present = parseObject(json)?.['delay'] !== undefined;
    booth.change((before) => ({
      ...before,
      present,
      seen: before.seen || present,
      json,
      status: present ? status : undefined,
    }));
  });
  events.addEventListener('open', hearers.joined);
  events.addEventListener('error', () => {
    if (events.readyState === EventSource.CLOSED) {
      transcript.dispatch({ type: 'left' });
      hearers.dropped();
    }
    else hearers.reconnecting();
  });
  signal.addEventListener('abort', () => {
    events.close();
  });
}
