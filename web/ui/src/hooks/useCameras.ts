import { useEffect, useState } from 'react';

/** The cameras of this device. Browsers name them only once one of them is `on`. */
export function useCameras(on: boolean): readonly MediaDeviceInfo[] {
  const [cameras, setCameras] = useState<readonly MediaDeviceInfo[]>([]);

  useEffect(() => {
    const { mediaDevices } = navigator as Partial<Navigator>;
    if (mediaDevices === undefined) return undefined; // an insecure page has none
    let current = true;
    const look = (): void => {
      mediaDevices.enumerateDevices().then(
        (found) => {
          if (current) setCameras(found.filter((one) => one.kind === 'videoinput'));
        },
        () => {
          // A list that cannot be had leaves the camera that is open.
        },
      );
    };
    look();
    mediaDevices.addEventListener('devicechange', look);
    return () => {
      current = false;
      mediaDevices.removeEventListener('devicechange', look);
    };
  }, [on]);

  return cameras;
}
