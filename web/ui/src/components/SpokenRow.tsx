import type { Spoken } from '../logic/entries';
import { clockTime } from '../logic/time';
import { dropReason } from '../logic/view';

const LABELS = { commentary: '', answer: 'Answer', alert: 'Alert' } as const;

export function SpokenRow({ line }: { readonly line: Spoken }) {
  return (
    <li className="row spoken" data-kind={line.kind} data-dropped={line.dropped !== ''}>
      <time>{clockTime(line.at)}</time>
      <div>
        {LABELS[line.kind] !== '' && <small>{LABELS[line.kind]}</small>}
        <p>{line.text.trim()}</p>
        {line.dropped !== '' && <small className="outcome">{dropReason(line.dropped)}</small>}
      </div>
    </li>
  );
}
