import { DisconnectReason } from 'livekit-client';

import type { Texts } from '../texts/texts';

/** Why something of this device cannot be shown, and what to do about it. */
export function captureError(
  what: 'camera' | 'screen' | 'file',
  reason: unknown,
  { camera, source }: Texts,
): string {
  if (what === 'file') return source.notPlayable;
  switch (reason instanceof Error ? reason.name : '') {
    case 'NotAllowedError':
      return what === 'screen' ? camera.screenRefused : camera.blocked;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return camera.none;
    case 'NotReadableError':
    case 'AbortError':
      return camera.busy;
    case 'SecurityError':
      return camera.insecure;
    default:
      return camera.other(errorText(reason));
  }
}

/** Whether the user, or the browser for him, said no. */
export function isRefused(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'NotAllowedError';
}

/** Whether coming back by itself would only do the same again. */
export function isFinal(reason: DisconnectReason | undefined): boolean {
  return (
    reason === DisconnectReason.DUPLICATE_IDENTITY ||
    reason === DisconnectReason.PARTICIPANT_REMOVED ||
    reason === DisconnectReason.ROOM_DELETED
  );
}

export function disconnectText(reason: DisconnectReason | undefined, { reasons }: Texts): string {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return reasons.duplicate;
    case DisconnectReason.PARTICIPANT_REMOVED:
      return reasons.removed;
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return reasons.closed;
    case DisconnectReason.SERVER_SHUTDOWN:
      return reasons.shutdown;
    default:
      return reasons.lost;
  }
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
