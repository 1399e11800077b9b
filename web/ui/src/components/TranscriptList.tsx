import { useStickToEnd } from '../hooks/useStickToEnd';
import { useTranscript } from '../hooks/useTranscript';
import { lateNote, finished } from '../logic/view';
import { QuestionRow } from './QuestionRow';
import { SpokenRow } from './SpokenRow';

export function TranscriptList() {
  const { entries, late } = useTranscript();
  const rows = finished(entries);
  const list = useStickToEnd(rows.length);
  return (
    <section className="transcript">
      <header>
        <h2 id="said">Said so far</h2>
        <span>{lateNote(late)}</span>
      </header>
      {rows.length === 0 && <p className="empty">Every line stays here once it has been said.</p>}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled with the arrow keys */}
      <ol ref={list} role="log" aria-live="polite" aria-labelledby="said" tabIndex={0}>
        {rows.map((entry) =>
          entry.kind === 'question' ? (
            <QuestionRow key={entry.id} question={entry} />
          ) : (
            <SpokenRow key={entry.id} line={entry} />
          ),
        )}
      </ol>
    </section>
  );
}
