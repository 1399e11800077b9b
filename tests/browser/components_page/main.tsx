// What anybody makes of LiveKit's components who knows nothing of Pressbox: `?url=…&token=…`.
import {
  LiveKitRoom,
  RoomAudioRenderer,
  useChat,
  useTracks,
  useTranscriptions,
  useVoiceAssistant,
  VideoTrack,
} from '@livekit/components-react';
import { Track } from 'livekit-client';
import { createRoot } from 'react-dom/client';

const AUDIBLE = [Track.Source.Microphone, Track.Source.ScreenShareAudio, Track.Source.Unknown];

function Assistant() {
  const { state, videoTrack, agentTranscriptions } = useVoiceAssistant();
  const { send } = useChat();
  const heard = useTracks(AUDIBLE, { onlySubscribed: true }).map(
    ({ participant, publication }) => `${participant.identity}/${publication.trackName}`,
  );
  return (
    <main>
      <p data-testid="state">{state}</p>
      {videoTrack && <VideoTrack trackRef={videoTrack} aria-label="Delayed picture" />}
      <p data-testid="packets">{agentTranscriptions.map(({ text }) => text).join('\n')}</p>
      <p data-testid="streams">{useTranscriptions().map(({ text }) => text).join('\n')}</p>
      <p data-testid="heard">{heard.sort().join(' ')}</p>
      <button onClick={() => void send('What is it?')}>Ask</button>
    </main>
  );
}

const given = new URLSearchParams(location.search);
createRoot(document.getElementById('root')!).render(
  <LiveKitRoom serverUrl={given.get('url')!} token={given.get('token')!} connect>
    <RoomAudioRenderer />
    <Assistant />
  </LiveKitRoom>,
);
