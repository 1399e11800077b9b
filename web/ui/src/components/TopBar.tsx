import { useBoothReport } from '../hooks/useBoothReport';
import { useSession } from '../session/context';
import { Brand } from './Brand';
import { Icon } from './Icon';

export function TopBar() {
  const { phase, leave } = useSession();
  const { tone, text, speaking } = useBoothReport();
  const live = phase.name === 'live';
  return (
    <header className="topbar">
      <Brand />
      <p className="report" role="status" data-tone={live ? tone : 'busy'}>
        <span>
          {live ? text : 'Not connected'}
          {/* It comes and goes with every line: nothing to read out. */}
          {live && tone === 'good' && speaking && <span aria-hidden="true"> · speaking</span>}
        </span>
      </p>
      <button type="button" className="quiet" onClick={leave}>
        <Icon name="leave" />
        Leave
      </button>
    </header>
  );
}
