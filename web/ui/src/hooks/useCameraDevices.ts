import { Room, RoomEvent } from 'livekit-client';
import { useEffect, useState } from 'react';

import { useSession } from '../session/context';

export interface CameraDevices {
  readonly devices: readonly MediaDeviceInfo[];
  readonly active: string;
}

const NONE: CameraDevices = { devices: [], active: '' };

/** The cameras of this machine. Browsers name them only once one of them is `on`. */
export function useCameraDevices(on: boolean): CameraDevices {
  const { room } = useSession();
  const [found, setFound] = useState(NONE);

  useEffect(() => {
    if (!on) return undefined;
    let current = true;
    const look = (): void => {
      Room.getLocalDevices('videoinput', false).then(
        (devices) => {
          if (current) setFound({ devices, active: room.getActiveDevice('videoinput') ?? '' });
        },
        () => {
          // A list that cannot be had leaves the camera that is open.
        },
      );
    };
    look();
    room.on(RoomEvent.MediaDevicesChanged, look).on(RoomEvent.ActiveDeviceChanged, look);
    return () => {
      current = false;
      room.off(RoomEvent.MediaDevicesChanged, look).off(RoomEvent.ActiveDeviceChanged, look);
    };
  }, [room, on]);

  return on ? found : NONE;
}
