/** What makes it worth trying a camera again. Each settles once; in a browser that does not tell, never. */

/** A camera was plugged in, or out. */
export function cameraPlugged(): Promise<void> {
  return new Promise((resolve) => {
    navigator.mediaDevices.addEventListener(
      'devicechange',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

/** The user allows what was refused. */
export async function cameraAllowed(): Promise<void> {
  const never = new Promise<void>(() => undefined);
  const permission = await navigator.permissions.query({ name: 'camera' }).catch(() => undefined);
  if (permission === undefined) return never;
  return new Promise((resolve) => {
    permission.onchange = () => {
      if (permission.state === 'granted') resolve();
    };
  });
}
