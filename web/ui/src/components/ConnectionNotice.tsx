import { usePlaybackBlocked } from '../hooks/usePlaybackBlocked';
import { useSession } from '../session/context';

/** What keeps the user from seeing and hearing, and the button that helps. */
export function ConnectionNotice() {
  const { phase, join } = useSession();
  const { blocked, unblock } = usePlaybackBlocked();

  if (phase.name === 'reconnecting') {
    return (
      <p className="notice" role="status">
        The connection is interrupted. Reconnecting…
      </p>
    );
  }
  if (phase.name === 'lost') {
    const hope = phase.retrying ? ' Trying again…' : phase.again ? ' Trying again soon.' : '';
    return (
      <div className="notice bad" role="alert">
        <span>
          {phase.error}
          {hope}
        </span>
        <button type="button" className="quiet" onClick={join} disabled={phase.retrying}>
          Try now
        </button>
      </div>
    );
  }
  if (blocked) {
    return (
      <div className="notice" role="alert">
        <span>The browser keeps the sound off until you allow it.</span>
        <button type="button" className="quiet" onClick={unblock}>
          Turn the sound on
        </button>
      </div>
    );
  }
  return null;
}
