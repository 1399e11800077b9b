import { useState } from 'react';

import { errorText } from '../logic/errors';
import { useSession } from '../session/context';
import { addSource } from '../session/sourcesApi';
import { SourceField } from './SourceField';

interface Props {
  readonly token: string;
  readonly setToken: (token: string) => void;
  readonly added: () => void;
}

export function SourceForm({ token, setToken, added }: Props) {
  const { room } = useSession();
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const ready = !busy && url.trim() !== '' && token !== '';

  const add = async (): Promise<void> => {
    setBusy(true);
    setError('');
    try {
      await addSource({ url: url.trim(), name: name.trim(), room: room.name }, token);
      setUrl('');
      setName('');
      added();
    } catch (thrown) {
      setError(errorText(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      aria-label="Add a source"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void add();
      }}
    >
      <SourceField
        label="Address"
        hint="rtsp://camera/stream"
        value={url}
        set={setUrl}
        maxLength={2000}
      />
      <SourceField label="Name" hint="from the address" value={name} set={setName} maxLength={64} />
      <SourceField
        label="Admin token"
        hint="of this Pressbox"
        value={token}
        set={setToken}
        maxLength={256}
        secret
      />
      <button type="submit" className="primary" aria-disabled={!ready}>
        {busy ? 'Adding…' : 'Add a source'}
      </button>
      <p className="error" role="alert">
        {error}
      </p>
    </form>
  );
}
