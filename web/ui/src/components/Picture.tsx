import { useBoothReport } from '../hooks/useBoothReport';
import { useBoothTrack } from '../hooks/useBoothTrack';
import { delayLabel } from '../logic/status';
import { useSession } from '../session/context';
import { DelayedVideo } from './DelayedVideo';
import { SelfView } from './SelfView';

/** The delayed picture, how late it is, and one's own camera beside it. */
export function Picture() {
  const { phase } = useSession();
  const track = useBoothTrack('delayed');
  const { delay } = useBoothReport();
  return (
    <figure className="picture">
      {track ? (
        <DelayedVideo key={track.sid} track={track} />
      ) : (
        <p className="curtain">
          {phase.name === 'live' ? 'The picture appears here' : 'No connection'}
        </p>
      )}
      {track && delay !== undefined && (
        <figcaption className="badge" data-testid="delay">
          {delayLabel(delay)}
        </figcaption>
      )}
      <SelfView />
    </figure>
  );
}
