import { useBoothTrack } from '../hooks/useBoothTrack';
import { AudioControl } from './AudioControl';
import { CameraControl } from './CameraControl';

export function Controls() {
  const original = useBoothTrack('original');
  const commentary = useBoothTrack('commentary');
  return (
    <div className="controls" role="group" aria-label="Camera and sound">
      <CameraControl />
      <AudioControl name="Voice" track={commentary} initial={1} />
      {original && <AudioControl name="Source sound" track={original} initial={0.4} />}
    </div>
  );
}
