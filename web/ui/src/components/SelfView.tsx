import { useAttached } from '../hooks/useAttached';
import { useCameraTrack } from '../hooks/useCameraTrack';

export function SelfView() {
  const { track, on } = useCameraTrack();
  const ref = useAttached<HTMLVideoElement>(track);
  return (
    <div className="selfview" hidden={!on}>
      <video ref={ref} aria-label="Your camera, live" autoPlay playsInline muted />
      <span>You, live</span>
    </div>
  );
}
