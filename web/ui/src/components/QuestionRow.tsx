import type { Question } from '../logic/entries';
import { clockTime } from '../logic/time';
import { asker, outcome } from '../logic/view';

export function QuestionRow({ question }: { readonly question: Question }) {
  return (
    <li className="row question" data-state={question.state}>
      <time>{clockTime(question.at)}</time>
      <div>
        <small>{asker(question)}</small>
        <p>{question.text}</p>
        <small className="outcome">{outcome(question)}</small>
      </div>
    </li>
  );
}
