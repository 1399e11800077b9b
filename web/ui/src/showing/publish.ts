import { ConnectionState, Track } from 'livekit-client';
import type { Room } from 'livekit-client';

import type { Capture } from './capture';

export type Kind = 'camera' | 'screen' | 'file';

/** Sends it to the room, or to the next one that is connected to. Rejects with what LiveKit says. */
export async function publish(room: Room, capture: Capture, kind: Kind): Promise<void> {
  if (room.state !== ConnectionState.Connected) return;
  const me = room.localParticipant;
  const source = kind === 'screen' ? Track.Source.ScreenShare : Track.Source.Camera;
  await me.publishTrack(capture.video, { source });
  if (capture.sound === undefined) return;
  await me.publishTrack(capture.sound, { source: Track.Source.ScreenShareAudio });
}

export function unpublish(room: Room, capture: Capture): void {
  for (const track of [capture.video, capture.sound]) {
    // Rejects where it was never sent.
    if (track) void room.localParticipant.unpublishTrack(track).catch(() => undefined);
  }
}
