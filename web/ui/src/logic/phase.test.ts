import { DisconnectReason } from 'livekit-client';
import { describe, expect, it } from 'vitest';

import { cameraError, disconnectText, isFinal } from './errors';
import { isOnStage, nextPhase, retryDelay } from './phase';
import type { Phase, PhaseEvent } from './phase';

const after = (...events: PhaseEvent[]): Phase => events.reduce<Phase>(nextPhase, { name: 'idle' });
const dropped: PhaseEvent = { type: 'dropped', error: 'gone', again: true };
const refused: PhaseEvent = { type: 'refused', error: 'no' };

describe('nextPhase', () => {
  it('goes from idle to live and back', () => {
    expect(after({ type: 'join' })).toEqual({ name: 'connecting' });
    expect(after({ type: 'join' }, { type: 'joined' })).toEqual({ name: 'live' });
    expect(after({ type: 'join' }, { type: 'joined' }, { type: 'left' })).toEqual({ name: 'idle' });
  });

  it('shows why the first try failed', () => {
    expect(after({ type: 'join' }, refused)).toEqual({ name: 'failed', error: 'no' });
    expect(after({ type: 'join' }, refused, { type: 'join' })).toEqual({ name: 'connecting' });
  });

  it('stays on stage while it comes back, and counts the tries', () => {
    const lost = after({ type: 'join' }, { type: 'joined' }, dropped);
    expect(lost).toMatchObject({ name: 'lost', attempt: 0, retrying: false });
    const again = [{ type: 'join' } as const, refused].reduce(nextPhase, lost);
    expect(again).toMatchObject({ name: 'lost', attempt: 1, error: 'no', retrying: false });
    expect(isOnStage(again)).toBe(true);
    expect(nextPhase(nextPhase(again, { type: 'join' }), { type: 'joined' }).name).toBe('live');
  });

  it('reconnects only from live, and a drop before that is the refusal’s to tell', () => {
    expect(nextPhase({ name: 'connecting' }, { type: 'reconnecting' }).name).toBe('connecting');
    expect(nextPhase({ name: 'connecting' }, dropped).name).toBe('connecting');
    expect(nextPhase({ name: 'reconnecting' }, dropped).name).toBe('lost');
  });
});

it('waits longer with every try, but never for long', () => {
  expect([0, 1, 2, 3, 9].map(retryDelay)).toEqual([2, 4, 8, 15, 15]);
});

it('does not fight over a place in the room', () => {
  expect(isFinal(DisconnectReason.DUPLICATE_IDENTITY)).toBe(true);
  expect(isFinal(DisconnectReason.SERVER_SHUTDOWN)).toBe(false);
  expect(isFinal(undefined)).toBe(false);
  expect(disconnectText(DisconnectReason.SERVER_SHUTDOWN)).toContain('shut down');
});

it('tells what to do about a camera', () => {
  expect(cameraError('NotAllowedError', '')).toContain('Allow it');
  expect(cameraError('NotFoundError', '')).toContain('No camera');
  expect(cameraError('NotReadableError', '')).toContain('another program');
  expect(cameraError('InsecureContext', '')).toContain('https');
  expect(cameraError('TypeError', 'broken')).toContain('broken');
});
