import { useState } from 'react';

import { useSources } from '../hooks/useSources';
import { errorText } from '../logic/errors';
import type { Source } from '../logic/sources';
import { useSession } from '../session/context';
import { removeSource } from '../session/sourcesApi';
import { SourceForm } from './SourceForm';
import { SourceRow } from './SourceRow';

/** Cameras and files that Pressbox itself brings into rooms. */
export function Sources() {
  const [open, setOpen] = useState(false);
  const { room } = useSession();
  // In memory only: gone with the page.
  const [token, setToken] = useState('');
  const { sources, error, refresh } = useSources(open, room.name, token);
  const [refused, setRefused] = useState('');

  const remove = (source: Source): void => {
    setRefused('');
    removeSource(source, token).then(refresh, (thrown: unknown) => {
      setRefused(errorText(thrown));
    });
  };

  return (
    <details
      className="sources"
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>Sources</summary>
      <p className="error" role="alert">
        {error || refused}
      </p>
      {sources?.length === 0 && error === '' && <p className="hint">No source of this room yet.</p>}
      <ul aria-label="Sources">
        {sources?.map((source) => (
          <SourceRow
            key={`${source.room}/${source.name}`}
            source={source}
            remove={token === '' ? undefined : remove}
          />
        ))}
      </ul>
      <SourceForm token={token} setToken={setToken} added={refresh} />
    </details>
  );
}
