import { useBooth, usePhase } from '../hooks/useSessionStores';
import { useTexts } from '../hooks/useTexts';
import { dots, report } from '../logic/report';
import { useSession } from '../session/session';
import { Brand } from './parts/Brand';
import { Icon } from './parts/Icon';
import { Share } from './Share';

export function TopBar() {
  const { leave } = useSession();
  const phase = usePhase();
  const booth = useBooth();
  const texts = useTexts();
  const { bar } = texts;
  const live = phase.name === 'live';
  const { tone, text } = report(booth, texts);
  const viewers = booth.status?.viewers;
  return (
    <header className="topbar">
      <h1>
        <Brand />
      </h1>
      <p className="report" role="status" data-tone={live ? tone : 'busy'}>
        {live ? text : bar.notConnected}
      </p>
      <ul className="dots" aria-label={bar.dots}>
        {dots(phase, booth, texts).map((dot) => (
          <li key={dot.name} data-tone={dot.tone} title={`${texts.dots[dot.name]}: ${dot.text}`}>
            <span>{texts.dots[dot.name]}</span>
            <span className="unseen">: {dot.text}</span>
          </li>
        ))}
      </ul>
      {live && viewers !== undefined && (
        <p className="viewers" title={bar.viewers(viewers)}>
          <Icon name="people" />
          <span aria-hidden="true">{viewers}</span>
          <span className="unseen">{bar.viewers(viewers)}</span>
        </p>
      )}
      <Share />
      <button type="button" className="quiet small" onClick={leave}>
        <Icon name="leave" />
        <span>{bar.leave}</span>
      </button>
    </header>
  );
}
