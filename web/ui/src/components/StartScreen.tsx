import { useEffect, useRef } from 'react';

import { useSession } from '../session/context';
import { Brand } from './Brand';

export function StartScreen() {
  const { phase, cameraWanted, wantCamera, join } = useSession();
  const button = useRef<HTMLButtonElement>(null);
  const connecting = phase.name === 'connecting';

  useEffect(() => {
    button.current?.focus({ preventScroll: true });
  }, []);

  return (
    <main className="start">
      <h1>
        <Brand />
      </h1>
      <p className="lead">
        A commentator watches your camera and says aloud what happens, with the picture late by just
        enough that words and picture agree.
      </p>
      <label className="check">
        <input
          type="checkbox"
          checked={cameraWanted}
          onChange={(event) => {
            wantCamera(event.target.checked);
          }}
        />
        <span>
          Show my camera
          <small>Without it you watch and hear what is there already.</small>
        </span>
      </label>
      <button
        ref={button}
        type="button"
        className="primary large"
        aria-disabled={connecting}
        onClick={() => {
          if (!connecting) join();
        }}
      >
        {connecting ? 'Connecting…' : phase.name === 'failed' ? 'Try again' : 'Start'}
      </button>
      <p className="error" role="alert">
        {phase.name === 'failed' ? phase.error : ''}
      </p>
    </main>
  );
}
