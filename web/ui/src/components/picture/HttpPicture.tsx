import { useEffect, useState } from 'react';

import { useTexts } from '../../hooks/useTexts';
import { inRoom } from '../../session/api';
import { useSession } from '../../session/session';
import { playPcm } from '../../sound/pcm';

/** Milliseconds until what broke off is asked for again. */
const PAUSE = 2000;

/** Picture and sound where WebRTC does not get through: MJPEG, and PCM beside it. */
export function HttpPicture({ shape }: { readonly shape: (ratio: number) => void }) {
  const { roomName, mixer } = useSession();
  const { picture } = useTexts();
  const [turn, setTurn] = useState(0);
  const [there, setThere] = useState(false);

  useEffect(() => {
    if (!window.isSecureContext) return undefined;
    const leaving = new AbortController();
    const play = (): void => {
      playPcm(mixer, inRoom('/api/audio-stream', roomName), leaving.signal)
        .catch(() => undefined)
        .finally(() => {
          if (!leaving.signal.aborted) setTimeout(play, PAUSE);
        });
    };
    play();
    return () => {
      leaving.abort();
    };
  }, [mixer, roomName]);

  return (
    <>
      <img
        key={turn}
        src={inRoom('/api/mjpeg', roomName, { turn: String(turn) })}
        alt={picture.label}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
          setThere(true);
          if (naturalHeight > 0) shape(naturalWidth / naturalHeight);
        }}
        onError={() => {
          setThere(false);
          setTimeout(() => {
            setTurn(turn + 1);
          }, PAUSE);
        }}
      />
      {/* Web Audio takes no stream on an insecure page, and an element plays it some seconds late. */}
      {!window.isSecureContext && (
        // eslint-disable-next-line jsx-a11y/media-has-caption -- the page itself shows the captions
        <audio src={inRoom('/api/audio-stream.wav', roomName)} autoPlay />
      )}
      {!there && <p className="curtain">{picture.coming}</p>}
    </>
  );
}
