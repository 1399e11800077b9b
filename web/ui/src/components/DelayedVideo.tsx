import type { RemoteTrack } from 'livekit-client';
import { useState } from 'react';

import { useAttached } from '../hooks/useAttached';

export function DelayedVideo({ track }: { readonly track: RemoteTrack }) {
  const ref = useAttached<HTMLVideoElement>(track);
  const [playing, setPlaying] = useState(false);
  return (
    <>
      <video
        ref={ref}
        aria-label="Delayed picture"
        autoPlay
        playsInline
        muted
        onPlaying={() => {
          setPlaying(true);
        }}
      />
      {!playing && <p className="curtain">The picture is on its way…</p>}
    </>
  );
}
