import { Room, RoomEvent, Track, VideoPresets } from 'livekit-client';
import { createContext, useContext } from 'react';

import { NO_BOOTH } from '../logic/status';
import { Store } from '../logic/store';
import { Showing } from '../showing/showing';
import { Mixer } from '../sound/mixer';
import { frameMetadataOptions, passSound } from '../sync/frameMetadata';
import { SyncMeter } from '../sync/meter';
import { texts } from '../texts/texts';
import { askerOf } from './booth';
import { callByHttp, callByRoom } from './calls';
import type { Call } from './calls';
import { Connection } from './connection';
import { fetchEarlier } from './earlier';
import { followEvents } from './httpFeed';
import { forgetIfCopied, forgetPlace, keepCamera, keptPlace, tabStorage } from './place';
import { receiveText } from './receiveText';
import { followRoom } from './roomFeed';
import { TranscriptStore } from './transcriptStore';

/** All that goes on outside React, for the life of the page. */
export type Session = ReturnType<typeof makeSession>;

/** `roomName`: as in the address; empty: the server's default room. */
export function makeSession(roomName: string) {
  const frameMetadata = frameMetadataOptions();
  const room = new Room({
    // One viewer, the booth, takes this picture, and it wants the best: no lower layers.
    publishDefaults: {
      simulcast: false,
      videoEncoding: VideoPresets.h720.encoding,
      stopMicTrackOnMute: true,
    },
    stopLocalTrackOnUnpublish: false, // over a lost connection the camera stays
    ...(frameMetadata ? { frameMetadata } : {}),
  });
  const booth = new Store(NO_BOOTH);
  const transcript = new TranscriptStore(roomName);
  // Not in the panel, which goes when another one is opened.
  const draft = new Store('');
  const mixer = new Mixer();
  const meter = new SyncMeter();
  const connection = new Connection(room, roomName, (hearers, signal) => {
    followEvents(roomName, booth, transcript, hearers, signal);
  });

  passSound(room);
  room.on(RoomEvent.TrackSubscribed, (_, publication) => {
    const { kind, mimeType = '' } = publication;
    if (kind === Track.Kind.Video && !canDecode(mimeType)) connection.join('http');
  });
  followRoom(room, booth);
  receiveText(room, transcript, (line) => {
    if (line.phase === 'start' && line.spoken) meter.line(line.id, line.captureTime);
  });
  room.on(RoomEvent.Disconnected, () => {
    transcript.dispatch({ type: 'left' });
  });
  mixer.onVoice(({ at, silence }) => {
    meter.onset(at, silence);
  });

  const call: Call = (method, values) => {
    const phase = connection.snapshot();
    const byHttp = phase.name === 'live' && phase.way === 'http';
    return (byHttp ? callByHttp(roomName) : callByRoom(room))(method, values);
  };
  let present = false;
  booth.subscribe(() => {
    const came = booth.snapshot().present && !present;
    present = booth.snapshot().present;
    if (came) void fetchEarlier(call, transcript, (line) => askerOf(room, line));
  });
  const showing = new Showing(room, texts);
  window.addEventListener('pagehide', () => {
    transcript.keep();
    keepCamera(showing.snapshot().kind === 'camera', tabStorage());
  });
  const leave = (): void => {
    showing.stop();
    connection.leave();
    forgetPlace(tabStorage());
  };

  /** After a reload it goes on as it was, without being asked. */
  const comeBack = (): void => {
    const [entry] = performance.getEntriesByType('navigation');
    forgetIfCopied((entry as PerformanceNavigationTiming | undefined)?.type ?? '', tabStorage());
    const place = keptPlace(roomName, tabStorage());
    if (place === undefined) return;
    transcript.restore();
    connection.join();
    if (place.camera) void showing.camera();
  };

  return { leave, comeBack, room, roomName, connection, booth, transcript, draft, showing, mixer, meter, call };
}

/** Firefox has no H.264 before it has fetched OpenH264, and some builds of Chromium never do. */
function canDecode(mimeType: string): boolean {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = mimeType.toLowerCase();
  return wanted === '' || codecs.some((codec) => codec.mimeType.toLowerCase() === wanted);
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('useSession needs a SessionContext above it');
  return session;
}
