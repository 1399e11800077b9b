import { useTranscript } from '../hooks/useTranscript';
import { currentLine } from '../logic/view';

/**
 * The words as they are said. Hidden from screen readers, which would read each line again with
 * every word: they get the finished line from the list.
 */
export function Caption() {
  const line = currentLine(useTranscript().entries);
  const words = line?.text.trim().split(/\s+/) ?? [];
  return (
    <p
      className="caption"
      aria-hidden="true"
      data-testid="caption"
      data-kind={line?.kind}
      data-running={line?.state === 'running'}
    >
      {line && line.kind !== 'commentary' && <em>{line.kind === 'answer' ? 'Answer' : 'Alert'}</em>}
      {line
        ? words.map((word, index) => (
            <span key={`${line.id} ${index}`} className="word">
              {word}{' '}
            </span>
          ))
        : 'The words appear here as they are said.'}
    </p>
  );
}
