import { useEffect, useRef, useState } from 'react';

import { useTexts } from '../hooks/useTexts';
import { errorText } from '../logic/errors';
import { api } from '../session/api';
import { copyText } from '../session/copyText';
import { useSession } from '../session/session';
import { Choice } from './parts/Choice';
import { Icon } from './parts/Icon';

interface Link {
  readonly url: string;
  /** A drawing of it, as SVG. */
  readonly qr: string;
}

/** A link to this room, to be sent or held before a phone. */
export function Share() {
  const { bar, share } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="quiet small"
        onClick={() => {
          setOpen(true);
          dialog.current?.showModal();
        }}
      >
        <Icon name="share" />
        <span>{bar.share}</span>
      </button>
      <dialog
        ref={dialog}
        aria-labelledby="share"
        onClose={() => {
          setOpen(false);
        }}
      >
        <div className="title">
          <h2 id="share">{share.heading}</h2>
          <button
            type="button"
            className="bare"
            aria-label={share.close}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
        </div>
        {open && <Links />}
      </dialog>
    </>
  );
}

function Links() {
  const { roomName } = useSession();
  const { share } = useTexts();
  const [whom, setWhom] = useState<'viewers' | 'phone'>('viewers');
  const [link, setLink] = useState<Link>();
  const [told, tell] = useState('');

  useEffect(() => {
    let current = true;
    const said = (link?: Link, error = ''): void => {
      if (!current) return;
      setLink(link);
      tell(error);
    };
    const body = { room: roomName, steer: whom === 'phone' };
    api('/api/links', { body }).then(
      ({ url, qr }) => {
        said({ url: String(url), qr: String(qr) });
      },
      (reason: unknown) => {
        said(undefined, errorText(reason));
      },
    );
    return () => {
      current = false;
    };
  }, [roomName, whom]);

  const copy = (url: string): void => {
    const told = copyText(url).then(
      () => share.copied,
      () => share.notCopied,
    );
    void told.then(tell);
  };
  return (
    <>
      <Choice
        label={share.who}
        value={whom}
        options={{ viewers: share.viewers, phone: share.phone }}
        choose={setWhom}
      />
      <p>{whom === 'phone' ? share.phoneIntro : share.intro}</p>
      {link && (
        <>
          <img
            className="qr"
            src={`data:image/svg+xml,${encodeURIComponent(link.qr)}`}
            alt={share.qr}
          />
          <input type="text" readOnly value={link.url} aria-label={share.link} />
          <button
            type="button"
            className="primary"
            onClick={() => {
              copy(link.url);
            }}
          >
            <Icon name="copy" />
            <span>{share.copy}</span>
          </button>
        </>
      )}
      <p className="hint" role="status">
        {told}
      </p>
    </>
  );
}
