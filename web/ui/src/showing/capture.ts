/** Camera, screen and file as tracks of the browser. All reject with what the browser says. */

export interface Capture {
  readonly video: MediaStreamTrack;
  readonly sound: MediaStreamTrack | undefined;
  /** What people call it. */
  readonly label: string;
  /** Lets go of everything. */
  readonly stop: () => void;
}

const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

export type Facing = 'user' | 'environment';

export interface CameraWish {
  readonly deviceId?: string;
  readonly facing?: Facing;
}

export async function captureCamera({ deviceId, facing }: CameraWish): Promise<Capture> {
  if (!window.isSecureContext) throw new DOMException('not a secure context', 'SecurityError');
  const which = deviceId ? { deviceId: { exact: deviceId } } : facing ? { facingMode: facing } : {};
  const stream = await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, ...which } });
  return fromStream(stream);
}

export async function captureScreen(): Promise<Capture> {
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 15 } },
    audio: true,
  });
  return fromStream(stream);
}

function fromStream(stream: MediaStream): Capture {
  const [video] = stream.getVideoTracks();
  if (video === undefined) throw new DOMException('no picture', 'NotFoundError');
  const [sound] = stream.getAudioTracks();
  const stop = (): void => {
    for (const track of stream.getTracks()) track.stop();
  };
  return { video, sound, label: video.label, stop };
}

interface Capturing extends HTMLVideoElement {
  captureStream?: () => MediaStream;
  mozCaptureStream?: () => MediaStream;
}

export function canCaptureFile(): boolean {
  const some: Capturing = document.createElement('video');
  return some.captureStream !== undefined || some.mozCaptureStream !== undefined;
}

/** Plays a film over and over, unseen and unheard here. */
export async function captureFile(file: File): Promise<Capture> {
  const player: Capturing = document.createElement('video');
  const address = URL.createObjectURL(file);
  const audio = new AudioContext();
  const stop = (): void => {
    player.pause();
    player.removeAttribute('src');
    URL.revokeObjectURL(address);
    void audio.close();
  };
  try {
    player.src = address;
    player.loop = true;
    player.playsInline = true;
    // By way of Web Audio the sound reaches the track and no loudspeaker.
    const heard = audio.createMediaStreamDestination();
    audio.createMediaElementSource(player).connect(heard);
    await audio.resume();
    await player.play();
    const stream = player.captureStream?.() ?? player.mozCaptureStream?.();
    const { video } = fromStream(stream ?? new MediaStream());
    return { video, sound: heard.stream.getAudioTracks()[0], label: file.name, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
