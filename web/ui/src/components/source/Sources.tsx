import { useCallback, useState } from 'react';

import { usePolled } from '../../hooks/usePolled';
import { useTexts } from '../../hooks/useTexts';
import { errorText } from '../../logic/errors';
import { sourceState, sourceTone } from '../../logic/sources';
import type { Source } from '../../logic/sources';
import { useSession } from '../../session/session';
import { fetchSources, removeSource } from '../../session/sourcesApi';
import { SourceForm } from './SourceForm';

const INTERVAL = 2000;

/** Cameras and files that Pressbox itself brings into the room. */
export function Sources() {
  const { roomName } = useSession();
  const texts = useTexts();
  // In memory only: gone with the page.
  const [token, setToken] = useState('');
  const [refused, setRefused] = useState('');
  const ask = useCallback(
    (signal: AbortSignal) => fetchSources(roomName, token, signal),
    [roomName, token],
  );
  const { value: sources = [], error, refresh } = usePolled(ask, INTERVAL);

  const remove = (source: Source): void => {
    setRefused('');
    removeSource(source, token).then(refresh, (thrown: unknown) => {
      setRefused(errorText(thrown));
    });
  };

  return (
    <section>
      <h2>{texts.source.cameras}</h2>
      <p className="error" role="alert">
        {error || refused}
      </p>
      <ul className="rows" aria-label={texts.source.cameras} hidden={sources.length === 0}>
        {sources.map((source) => (
          <li key={`${source.room}/${source.name}`} data-tone={sourceTone(source)}>
            <div>
              <strong>{source.name}</strong> <small>{source.url}</small>
              <p>{sourceState(source, texts)}</p>
            </div>
            {token !== '' && (
              <button
                type="button"
                className="quiet small"
                aria-label={texts.source.removeWhat(source.name)}
                onClick={() => {
                  remove(source);
                }}
              >
                {texts.source.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      <SourceForm token={token} setToken={setToken} added={refresh} />
    </section>
  );
}
