import { useEffect } from 'react';

import { preferences } from '../session/preferences';
import { useSession } from '../session/session';
import { useBoothTrack } from './useBoothTrack';
import { useStore } from './useStore';

/** Plays what the booth sends, as loud as its user likes it. */
export function usePlayedSounds(): void {
  const { mixer } = useSession();
  const voice = useBoothTrack('commentary')?.mediaStreamTrack;
  const source = useBoothTrack('original')?.mediaStreamTrack;
  const liked = useStore(preferences);

  useEffect(() => {
    mixer.play('voice', voice);
    return () => {
      mixer.play('voice', undefined);
    };
  }, [mixer, voice]);

  useEffect(() => {
    mixer.play('source', source);
    return () => {
      mixer.play('source', undefined);
    };
  }, [mixer, source]);

  useEffect(() => {
    mixer.setVolume('voice', liked.voiceMuted ? 0 : liked.voiceVolume);
    mixer.setVolume('source', liked.sourceMuted ? 0 : liked.sourceVolume);
    mixer.setDucking(liked.ducking);
  }, [mixer, liked]);
}
