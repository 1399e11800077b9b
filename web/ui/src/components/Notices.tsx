import { useState, useSyncExternalStore } from 'react';

import { useBooth, useByHttp, usePhase } from '../hooks/useSessionStores';
import { useStore } from '../hooks/useStore';
import { useTexts } from '../hooks/useTexts';
import { report } from '../logic/report';
import { useSession } from '../session/session';
import { Icon } from './parts/Icon';

interface Notice {
  readonly key: string;
  readonly text: string;
  readonly bad?: boolean;
  readonly action?: { readonly name: string; readonly run: () => void };
}

/**
 * What keeps the user from seeing, hearing or showing, and the button that helps. They lie over the
 * picture, so that nothing moves under a finger, and go when their reason goes.
 */
export function Notices() {
  const shown = useNotices().filter((one) => one.text !== '');
  return (
    <div className="notices">
      {shown.map((one) => (
        <OneNotice key={one.key + one.text} notice={one} />
      ))}
    </div>
  );
}

/** Dismissed as long as its reason lasts: when that comes again, it is told again. */
function OneNotice({ notice: { key, text, bad = false, action } }: { readonly notice: Notice }) {
  const { notices } = useTexts();
  const [dismissed, setDismissed] = useState(false);
  if (dismissed) return null;
  return (
    <div className="notice" data-key={key} data-bad={bad} role={key === 'report' ? undefined : bad ? 'alert' : 'status'}>
      <p>{text}</p>
      {action && (
        <button type="button" className="quiet small" onClick={action.run}>
          {action.name}
        </button>
      )}
      {key !== 'lost' && (
        <button
          type="button"
          className="bare"
          aria-label={notices.dismiss}
          onClick={() => {
            setDismissed(true);
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

function useNotices(): readonly Notice[] {
  const { connection, mixer, showing } = useSession();
  const { notices } = useTexts();
  const phase = usePhase();
  const byHttp = useByHttp();
  const blocked = useSyncExternalStore(
    (changed) => mixer.subscribe(changed),
    () => mixer.blocked,
  );
  const shown = useStore(showing);
  const told = report(useBooth(), useTexts());
  const wrong = phase.name === 'live' && (told.tone === 'warn' || told.tone === 'bad');
  const again = {
    name: notices.now,
    run: () => {
      connection.join();
    },
  };
  const hope =
    phase.name !== 'lost' ? '' : phase.retrying ? notices.trying : phase.again ? notices.soon : '';
  const sound = { name: notices.soundOn, run: () => void mixer.resume() };
  return [
    { key: 'waiting', text: phase.name === 'reconnecting' ? notices.interrupted : '' },
    {
      key: 'lost',
      text: phase.name === 'lost' ? `${phase.error}${hope}` : '',
      bad: true,
      action: again,
    },
    { key: 'sound', text: phase.name === 'live' && blocked ? notices.soundOff : '', action: sound },
    {
      key: 'http',
      text: byHttp ? notices.http : '',
      action: { ...again, name: notices.webrtc },
    },
    { key: 'report', text: wrong ? told.text : '' }, // only where the line above has no room for it
    { key: 'note', text: shown.note },
    { key: 'error', text: shown.error, bad: true },
  ];
}
