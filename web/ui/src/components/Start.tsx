import { useEffect, useRef } from 'react';

import { usePhase } from '../hooks/useSessionStores';
import { useStore } from '../hooks/useStore';
import { useTexts } from '../hooks/useTexts';
import { prefer, preferences } from '../session/preferences';
import { useSession } from '../session/session';
import { Brand } from './parts/Brand';
import { Icon } from './parts/Icon';
import { PageLanguage } from './parts/PageLanguage';

export function Start() {
  const { connection, showing } = useSession();
  const phase = usePhase();
  const { start } = useTexts();
  const { name } = useStore(preferences);
  const button = useRef<HTMLButtonElement>(null);
  const connecting = phase.name === 'connecting';
  const enter = (withCamera: boolean): void => {
    if (connecting) return;
    connection.join();
    if (withCamera) void showing.camera();
  };

  useEffect(() => {
    button.current?.focus({ preventScroll: true });
  }, []);

  return (
    <main className="start">
      <h1>
        <Brand />
      </h1>
      <p className="lead">{start.lead}</p>
      <div className="ways">
        <button
          ref={button}
          type="button"
          className="primary large"
          aria-disabled={connecting}
          onClick={() => {
            enter(false);
          }}
        >
          {connecting ? start.connecting : phase.name === 'failed' ? start.again : start.watch}
        </button>
        <button
          type="button"
          className="quiet large"
          aria-disabled={connecting}
          onClick={() => {
            enter(true);
          }}
        >
          <Icon name="camera" />
          {start.watchWithCamera}
        </button>
      </div>
      <p className="error" role="alert">
        {phase.name === 'failed' ? phase.error : ''}
      </p>
      <div className="about-you">
        <label className="field">
          <span>
            {start.yourName} <small>({start.optional})</small>
          </span>
          <input
            type="text"
            value={name}
            maxLength={40}
            autoComplete="nickname"
            onChange={(event) => {
              prefer({ name: event.target.value });
            }}
          />
        </label>
        <PageLanguage />
      </div>
    </main>
  );
}
