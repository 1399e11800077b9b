import { useState } from 'react';

import { useAsk } from '../hooks/useAsk';
import { useSession } from '../session/context';
import { Icon } from './Icon';

export function AskBox() {
  const ask = useAsk();
  const live = useSession().phase.name === 'live';
  const [text, setText] = useState('');
  const ready = live && text.trim() !== '';
  return (
    <form
      className="ask"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        ask(text.trim());
        setText('');
      }}
    >
      <input
        type="text"
        value={text}
        maxLength={1000}
        enterKeyHint="send"
        autoComplete="off"
        aria-label="Your question"
        placeholder="Ask about the picture"
        onChange={(event) => {
          setText(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setText('');
        }}
      />
      <button type="submit" className="primary" aria-disabled={!ready}>
        <Icon name="send" />
        Ask
      </button>
    </form>
  );
}
