import { useEffect, useState } from 'react';

import { cameraError, errorText } from '../logic/errors';
import { useSession } from '../session/context';
import { useCameraTrack } from './useCameraTrack';

export interface Camera {
  readonly on: boolean;
  /** The browser asks its user, or opens the camera. */
  readonly opening: boolean;
  /** One line, or empty. */
  readonly error: string;
  readonly toggle: () => void;
  readonly choose: (deviceId: string) => void;
}

/** Publishes the camera as long as the user wants that. To be used once. */
export function useCamera(): Camera {
  const { room, phase, cameraWanted, wantCamera } = useSession();
  const { track, on } = useCameraTrack();
  const [error, setError] = useState('');
  const live = phase.name === 'live';
  const stopped = track !== undefined && !on;

  useEffect(() => {
    if (!live) return;
    if (!cameraWanted && track) void room.localParticipant.unpublishTrack(track, true);
    if (!cameraWanted || track) return;
    openCamera(() => room.localParticipant.setCameraEnabled(true)).catch((reason: unknown) => {
      setError(explain(reason));
      wantCamera(false);
    });
  }, [room, live, cameraWanted, track, wantCamera]);

  return {
    on,
    opening: live && cameraWanted && track === undefined,
    error: error === '' && stopped ? 'The camera has stopped. Switch it on again.' : error,
    toggle: () => {
      setError('');
      wantCamera(!on);
      if (stopped) {
        openCamera(() => room.localParticipant.setCameraEnabled(true)).catch((reason: unknown) => {
          setError(explain(reason));
        });
      }
    },
    choose: (deviceId) => {
      setError('');
      room.switchActiveDevice('videoinput', deviceId, true).catch((reason: unknown) => {
        setError(explain(reason));
      });
    },
  };
}

async function openCamera(open: () => Promise<unknown>): Promise<void> {
  if (!window.isSecureContext) throw new DOMException('', 'InsecureContext');
  await open();
}

function explain(reason: unknown): string {
  return cameraError(reason instanceof Error ? reason.name : '', errorText(reason));
}
