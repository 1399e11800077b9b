import { Room, RoomEvent, VideoPresets } from 'livekit-client';
import { useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';

import { subscribeToAgents } from './booth';
import { SessionContext } from './context';
import { receiveText } from './receiveText';
import { TranscriptStore } from './transcriptStore';
import { useConnection } from './useConnection';

const CHANGES = [
  RoomEvent.Connected,
  RoomEvent.Reconnected,
  RoomEvent.ParticipantConnected,
  RoomEvent.TrackPublished,
] as const;

function makeRoom(): Room {
  return new Room({
    videoCaptureDefaults: { resolution: VideoPresets.h720.resolution },
    // One viewer, the booth, takes this picture, and it wants the best: no lower layers.
    publishDefaults: { simulcast: false, videoEncoding: VideoPresets.h720.encoding },
  });
}

interface Props {
  /** Empty: the server's default room. */
  readonly roomName: string;
  readonly children: ReactNode;
}

export function SessionProvider({ roomName, children }: Props) {
  const [room] = useState(makeRoom);
  const [transcript] = useState(() => new TranscriptStore());
  const [cameraWanted, wantCamera] = useState(true);
  const { phase, join, leave } = useConnection(room, roomName);

  useEffect(() => receiveText(room, transcript), [room, transcript]);

  useEffect(() => {
    const subscribe = (): void => {
      subscribeToAgents(room);
    };
    const lost = (): void => {
      transcript.dispatch({ type: 'left' });
    };
    for (const event of CHANGES) room.on(event, subscribe);
    room.on(RoomEvent.Disconnected, lost);
    return () => {
      for (const event of CHANGES) room.off(event, subscribe);
      room.off(RoomEvent.Disconnected, lost);
    };
  }, [room, transcript]);

  const session = useMemo(
    () => ({ room, phase, transcript, cameraWanted, wantCamera, join, leave }),
    [room, phase, transcript, cameraWanted, join, leave],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}
