import { RoomEvent, Track } from 'livekit-client';
import type { RemoteTrack, Room, RoomOptions } from 'livekit-client';
import frameWorker from 'livekit-client/frame-metadata-worker?worker&url';

type Options = NonNullable<RoomOptions['frameMetadata']>;

interface Streams {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

let made: Options | undefined;

/** Pictures come with their capture time, where the browser can do it. One for the page's life. */
export function frameMetadataOptions(): Options | undefined {
  if (!canStamp()) return undefined;
  if (made === undefined) {
    const worker = new Worker(frameWorker, { type: 'module' });
    // LiveKit ends it when the room is left; who comes back in would then see no picture.
    worker.terminate = () => undefined;
    made = { worker };
  }
  return made;
}

/** Only where it was tried: encoded streams and frame callbacks as Chromium has them. */
export function canStamp(): boolean {
  return (
    typeof RTCRtpReceiver !== 'undefined' &&
    'createEncodedStreams' in RTCRtpReceiver.prototype &&
    'requestVideoFrameCallback' in HTMLVideoElement.prototype
  );
}

/**
 * Keeps the sound of a room that was made with these options from being silent: Chromium then waits
 * for somebody to pass on what each receiver gets, and LiveKit does so for pictures only.
 */
export function passSound(room: Room): () => void {
  const options = made;
  if (options === undefined) return () => undefined;
  const passed = new WeakSet<RTCRtpReceiver>();
  const pass = ({ kind, receiver, mediaStreamID: trackId }: RemoteTrack): void => {
    if (kind !== Track.Kind.Audio || !receiver || passed.has(receiver)) return;
    passed.add(receiver);
    const { readable, writable } = (
      receiver as RTCRtpReceiver & { createEncodedStreams: () => Streams }
    ).createEncodedStreams();
    // In the worker, where a busy page holds up nothing.
    const data = { readableStream: readable, writableStream: writable, trackId };
    options.worker.postMessage({ kind: 'decode', data }, [readable, writable]);
  };
  room.on(RoomEvent.TrackSubscribed, pass);
  return () => {
    room.off(RoomEvent.TrackSubscribed, pass);
  };
}
