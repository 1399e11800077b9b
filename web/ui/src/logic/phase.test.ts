import { DisconnectReason } from 'livekit-client';
import { describe, expect, it } from 'vitest';

import { en } from '../texts/en';
import { captureError, disconnectText, isFinal } from './errors';
import { isOnStage, nextPhase, retryDelay } from './phase';
import type { Phase, PhaseEvent } from './phase';

const after = (...events: PhaseEvent[]): Phase => events.reduce<Phase>(nextPhase, { name: 'idle' });
const dropped: PhaseEvent = { type: 'dropped', error: 'gone', again: true };
const joined: PhaseEvent = { type: 'joined', way: 'webrtc' };
const refused: PhaseEvent = { type: 'refused', error: 'no' };

describe('nextPhase', () => {
  it('goes from idle to live and back', () => {
    expect(after({ type: 'join' })).toEqual({ name: 'connecting' });
    expect(after({ type: 'join' }, joined)).toEqual({ name: 'live', way: 'webrtc' });
    expect(after({ type: 'join' }, joined, { type: 'left' })).toEqual({ name: 'idle' });
  });

  it('shows why the first try failed', () => {
    expect(after({ type: 'join' }, refused)).toEqual({ name: 'failed', error: 'no' });
    expect(after({ type: 'join' }, refused, { type: 'join' })).toEqual({ name: 'connecting' });
  });

  it('stays on stage while it comes back, and counts the tries', () => {
    const lost = after({ type: 'join' }, joined, dropped);
    expect(lost).toMatchObject({ name: 'lost', attempt: 0, retrying: false });
    const again = [{ type: 'join' } as const, refused].reduce(nextPhase, lost);
    expect(again).toMatchObject({ name: 'lost', attempt: 1, error: 'no', retrying: false });
    expect(isOnStage(again)).toBe(true);
    expect(nextPhase(nextPhase(again, { type: 'join' }), joined).name).toBe('live');
  });

  it('reconnects only from live, and a drop before that is the refusal’s to tell', () => {
    expect(nextPhase({ name: 'connecting' }, { type: 'reconnecting' }).name).toBe('connecting');
    expect(nextPhase({ name: 'connecting' }, dropped).name).toBe('connecting');
    expect(nextPhase({ name: 'reconnecting', way: 'http' }, dropped).name).toBe('lost');
  });
});

it('waits longer with every try, but never for long', () => {
  expect([0, 1, 2, 3, 9].map(retryDelay)).toEqual([2, 4, 8, 15, 15]);
});

it('does not fight over a place in the room', () => {
  expect(isFinal(DisconnectReason.DUPLICATE_IDENTITY)).toBe(true);
  expect(isFinal(DisconnectReason.SERVER_SHUTDOWN)).toBe(false);
  expect(isFinal(undefined)).toBe(false);
  expect(disconnectText(DisconnectReason.SERVER_SHUTDOWN, en)).toContain('shut down');
});

it.each<[Parameters<typeof captureError>[0], string, string]>([
  ['camera', 'NotAllowedError', en.camera.blocked],
  ['screen', 'NotAllowedError', en.camera.screenRefused],
  ['camera', 'NotFoundError', en.camera.none],
  ['camera', 'NotReadableError', en.camera.busy],
  ['camera', 'SecurityError', en.camera.insecure],
  ['camera', 'TypeError', en.camera.other('broken')],
  ['file', 'NotSupportedError', en.source.notPlayable],
])('tells what to do about a %s and %s', (what, name, words) => {
  expect(captureError(what, new DOMException('broken', name), en)).toBe(words);
});
