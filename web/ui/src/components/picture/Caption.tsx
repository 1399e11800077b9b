import { useEffect, useRef } from 'react';

import { useTranscript } from '../../hooks/useSessionStores';
import { useTexts } from '../../hooks/useTexts';
import { currentLine } from '../../logic/view';

/**
 * The words as they are said. Hidden from screen readers, which would read each line again with
 * every word: they get the finished line from the list.
 */
export function Caption() {
  const line = currentLine(useTranscript().entries);
  const { caption } = useTexts();
  const box = useRef<HTMLParagraphElement>(null);
  const words = line?.text.trim().split(/\s+/) ?? [];

  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight }); // the newest word of a long line
  }, [line?.id, line?.text]);

  return (
    <div className="caption" aria-hidden="true">
      <p
        ref={box}
        dir="auto"
        data-testid="caption"
        data-kind={line?.kind}
        data-running={line?.state === 'running'}
      >
        {line && line.kind !== 'commentary' && <em>{caption[line.kind]}</em>}
        {line
          ? words.map((word, index) => (
              <span key={`${line.id} ${index}`} className="word">
                {word}{' '}
              </span>
            ))
          : caption.place}
      </p>
    </div>
  );
}
