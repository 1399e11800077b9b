import { useState } from 'react';

import { useTexts } from '../../hooks/useTexts';
import { errorText } from '../../logic/errors';
import { shapeOf } from '../../logic/sources';
import { useSession } from '../../session/session';
import { addSource, probeSource } from '../../session/sourcesApi';
import type { NewSource } from '../../session/sourcesApi';
import { Check } from '../parts/Check';
import { Select } from '../parts/Select';
import { TextField } from '../parts/TextField';

interface Props {
  readonly token: string;
  readonly setToken: (token: string) => void;
  readonly added: () => void;
}

const TRANSPORTS = ['auto', 'tcp', 'udp'].map((one) => [one, one] as const);
const TURNS = ['0', '90', '180', '270'].map((one) => [one, `${one}°`] as const);

export function SourceForm({ token, setToken, added }: Props) {
  const { roomName: room } = useSession();
  const { source: texts } = useTexts();
  const [wanted, setWanted] = useState({ url: '', name: '', transport: 'auto', turn: '0', sound: true });
  const [busy, setBusy] = useState('');
  const [error, setError] = useState('');
  const [found, setFound] = useState('');
  const ready = busy === '' && wanted.url.trim() !== '' && token !== '';
  const set = (name: keyof typeof wanted) => (value: string | boolean) => {
    setWanted({ ...wanted, [name]: value });
    setFound('');
  };

  const run = async (name: string, work: (source: NewSource) => Promise<void>): Promise<void> => {
    if (!ready) return;
    setBusy(name);
    setError('');
    setFound('');
    try {
      await work({ ...wanted, url: wanted.url.trim(), name: wanted.name.trim(), room });
    } catch (thrown) {
      setError(errorText(thrown));
    } finally {
      setBusy('');
    }
  };
  const probe = async (source: NewSource): Promise<void> => {
    const there = await probeSource(source, token);
    setFound([there.codec, shapeOf(there, texts.fps)].filter((part) => part !== '').join(', '));
    setError(there.error);
  };
  const add = async (source: NewSource): Promise<void> => {
    await addSource(source, token);
    setWanted({ ...wanted, url: '', name: '' });
    added();
  };

  return (
    <form
      className="fields"
      aria-label={texts.add}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void run(texts.adding, add);
      }}
    >
      <TextField
        label={texts.address}
        hint={texts.addressHint}
        value={wanted.url}
        set={set('url')}
        maxLength={2000}
      />
      <TextField
        label={texts.nameLabel}
        hint={texts.nameHint}
        value={wanted.name}
        set={set('name')}
        maxLength={64}
      />
      <Select
        label={texts.transport}
        value={wanted.transport}
        options={TRANSPORTS}
        choose={set('transport')}
      />
      <Select
        label={texts.turn}
        value={wanted.turn}
        options={TURNS}
        choose={set('turn')}
      />
      <TextField
        label={texts.token}
        hint={texts.tokenHint}
        value={token}
        set={setToken}
        maxLength={256}
        secret
      />
      <Check
        label={texts.sound}
        checked={wanted.sound}
        set={set('sound')}
      />
      <div className="choices">
        <button
          type="button"
          className="quiet"
          aria-disabled={!ready}
          onClick={() => void run(texts.probing, probe)}
        >
          {texts.probe}
        </button>
        <button type="submit" className="primary" aria-disabled={!ready}>
          {texts.addIt}
        </button>
      </div>
      <p className="hint" role="status">
        {busy || found}
      </p>
      <p className="error" role="alert">
        {error}
      </p>
    </form>
  );
}
