import type { RemoteTrack } from 'livekit-client';
import { useEffect, useState } from 'react';

import { useAttached } from '../hooks/useAttached';
import { Icon } from './Icon';

interface Props {
  readonly name: string;
  readonly track: RemoteTrack | undefined;
  /** Volume to start with, 0 to 1. */
  readonly initial: number;
}

/** Plays one sound of the booth, with its mute button and its volume. */
export function AudioControl({ name, track, initial }: Props) {
  const ref = useAttached<HTMLAudioElement>(track);
  const [volume, setVolume] = useState(initial);
  const [muted, setMuted] = useState(false);

  useEffect(() => {
    if (ref.current === null) return;
    ref.current.volume = volume;
    ref.current.muted = muted;
  }, [ref, track, volume, muted]);

  const percent = Math.round(volume * 100);
  return (
    <div className="control sound">
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- the page itself shows the captions */}
      <audio ref={ref} autoPlay data-testid={`audio ${name}`} />
      <button
        type="button"
        className="tool"
        aria-pressed={muted}
        aria-label={`Mute: ${name}`}
        onClick={() => {
          setMuted(!muted);
        }}
      >
        <Icon name={muted ? 'soundOff' : 'sound'} />
        <span>{name}</span>
      </button>
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={percent}
        aria-label={`Volume: ${name}`}
        aria-valuetext={`${percent} percent`}
        onChange={(event) => {
          setVolume(Number(event.target.value) / 100);
        }}
      />
    </div>
  );
}
