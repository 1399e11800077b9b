import { DisconnectReason } from 'livekit-client';

/** Why the camera cannot be had, and what to do about it. `name` is that of the DOMException. */
export function cameraError(name: string, message: string): string {
  switch (name) {
    case 'NotAllowedError':
      return 'The camera is blocked. Allow it in the address bar to show it; you can watch without.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera was found. You can watch without one.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera is in use by another program. Close it there and switch it on again.';
    case 'InsecureContext':
      return 'Browsers give the camera to https pages and to localhost only. You can watch without.';
    default:
      return `The camera cannot be used: ${message}`;
  }
}

/** Whether coming back by itself would only do the same again. */
export function isFinal(reason: DisconnectReason | undefined): boolean {
  return (
    reason === DisconnectReason.DUPLICATE_IDENTITY ||
    reason === DisconnectReason.PARTICIPANT_REMOVED ||
    reason === DisconnectReason.ROOM_DELETED
  );
}

export function disconnectText(reason: DisconnectReason | undefined): string {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'This place in the room was taken from another window.';
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'You were removed from the room.';
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return 'The room was closed.';
    case DisconnectReason.SERVER_SHUTDOWN:
      return 'The LiveKit server was shut down.';
    default:
      return 'The connection to the LiveKit server was lost.';
  }
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
