import { useState } from 'react';

import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { prefer, preferences } from '../../session/preferences';
import { useSession } from '../../session/session';
import { Check } from '../parts/Check';
import { PageLanguage } from '../parts/PageLanguage';
import { Written } from './Written';

/** What holds for this browser alone. */
export function ThisPage() {
  const { start, settings } = useTexts();
  const { name, keys } = useStore(preferences);
  const { room } = useSession();
  const [error, setError] = useState('');
  return (
    <section aria-labelledby="page">
      <h2 id="page">{settings.page}</h2>
      <div className="fields">
        <Written
          label={start.yourName}
          hint={start.optional}
          kept={name}
          maxLength={40}
          keep={(wanted) => {
            prefer({ name: wanted });
            setError('');
            room.localParticipant.setName(wanted).catch((reason: unknown) => {
              setError(String(reason));
            });
          }}
        />
        <PageLanguage />
        <Check
          label={settings.keys}
          checked={keys}
          set={(on) => {
            prefer({ keys: on });
          }}
        />
      </div>
      <dl className="figures" hidden={!keys}>
        {settings.keyList.map(([key, what]) => (
          <div key={key}>
            <dt>{what}</dt>
            <dd>
              <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <p className="error" role="alert">
        {error}
      </p>
    </section>
  );
}
