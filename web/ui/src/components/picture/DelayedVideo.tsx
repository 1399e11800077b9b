import { RemoteVideoTrack } from 'livekit-client';
import type { RemoteTrack } from 'livekit-client';
import { useEffect, useState } from 'react';

import { useAttached } from '../../hooks/useAttached';
import { useTexts } from '../../hooks/useTexts';
import { useSession } from '../../session/session';

interface Props {
  readonly track: RemoteTrack;
  /** Is told width by height. */
  readonly shape: (ratio: number) => void;
}

export function DelayedVideo({ track, shape }: Props) {
  const { meter } = useSession();
  const { picture } = useTexts();
  const ref = useAttached<HTMLVideoElement>(track);
  const [playing, setPlaying] = useState(false);

  useEffect(() => {
    const video = ref.current;
    if (video === null || !(track instanceof RemoteVideoTrack)) return undefined;
    return meter.watchVideo(video, track);
  }, [meter, ref, track]);

  return (
    <>
      <video
        ref={ref}
        aria-label={picture.label}
        autoPlay
        playsInline
        muted
        onResize={({ currentTarget: { videoWidth, videoHeight } }) => {
          if (videoHeight > 0) shape(videoWidth / videoHeight);
        }}
        onPlaying={() => {
          setPlaying(true);
        }}
      />
      {!playing && <p className="curtain">{picture.coming}</p>}
    </>
  );
}
