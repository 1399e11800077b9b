import { useByHttp } from '../../hooks/useSessionStores';
import { useTexts } from '../../hooks/useTexts';
import { FromHere } from './FromHere';
import { InRoom } from './InRoom';
import { Sources } from './Sources';

/** What the commentator watches, and how to bring in something else. */
export function SourcePanel() {
  const { source } = useTexts();
  return (
    <div className="settings">
      {useByHttp() ? <p className="hint">{source.httpOnly}</p> : <FromHere />}
      {!useByHttp() && <InRoom />}
      <Sources />
    </div>
  );
}
