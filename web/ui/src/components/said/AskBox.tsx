import { useEffect, useRef } from 'react';

import { useAsk } from '../../hooks/useAsk';
import { usePhase } from '../../hooks/useSessionStores';
import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { MAX_QUESTION } from '../../session/receiveText';
import { useSession } from '../../session/session';
import { Icon } from '../parts/Icon';
import { Suggestions } from './Suggestions';
import { TalkButton } from './TalkButton';

/** From so many letters on it is told how many are left. */
const TELL_FROM = MAX_QUESTION - 100;

export function AskBox() {
  const ask = useAsk();
  const { ask: texts } = useTexts();
  const live = usePhase().name === 'live';
  const { draft } = useSession();
  const text = useStore(draft);
  const field = useRef<HTMLTextAreaElement>(null);
  const left = MAX_QUESTION - text.trim().length;
  const ready = live && text.trim() !== '' && left >= 0;
  const send = (): void => {
    if (!ready) return;
    ask(text.trim());
    draft.set('');
  };

  useEffect(() => {
    const box = field.current;
    if (box === null) return;
    box.style.height = 'auto'; // as high as what is written, up to what the style allows
    box.style.height = `${box.scrollHeight}px`;
  }, [text]);

  return (
    <form
      className="ask"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Suggestions choose={ask} disabled={!live} />
      <textarea
        ref={field}
        id="question"
        rows={1}
        dir="auto"
        value={text}
        enterKeyHint="send"
        autoComplete="off"
        aria-label={texts.label}
        aria-invalid={left < 0}
        placeholder={texts.hint}
        onChange={(event) => {
          draft.set(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <TalkButton />
      <button type="submit" className="primary" aria-disabled={!ready}>
        <Icon name="send" />
        <span className="unseen">{texts.send}</span>
      </button>
      <p className="hint" role="status" data-bad={left < 0}>
        {text.length < TELL_FROM ? '' : left < 0 ? texts.tooLong(-left) : texts.left(left)}
      </p>
    </form>
  );
}
