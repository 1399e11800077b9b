import { Commentator } from './Commentator';
import { HowItRuns } from './HowItRuns';
import { Rules } from './Rules';
import { ThisPage } from './ThisPage';
import { useMayChange } from '../../hooks/useMayChange';
import { useTexts } from '../../hooks/useTexts';

/** How the commentator talks, what it warns of, and how all of it runs. */
export function SettingsPanel() {
  const { settings } = useTexts();
  const mayChange = useMayChange();
  return (
    <div className="settings">
      {mayChange ? (
        <>
          <Commentator />
          <Rules />
        </>
      ) : (
        <p className="hint">{settings.guest}</p>
      )}
      <HowItRuns />
      <ThisPage />
    </div>
  );
}
