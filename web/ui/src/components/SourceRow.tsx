import { sourceState, sourceTone } from '../logic/sources';
import type { Source } from '../logic/sources';

interface Props {
  readonly source: Source;
  /** undefined while there is no token to do it with. */
  readonly remove: ((source: Source) => void) | undefined;
}

export function SourceRow({ source, remove }: Props) {
  return (
    <li data-tone={sourceTone(source)} data-state={source.state}>
      <div>
        <strong>{source.name}</strong> <small>{source.url}</small>
        <p>{sourceState(source)}</p>
      </div>
      {remove && (
        <button
          type="button"
          className="quiet"
          aria-label={`Remove ${source.name}`}
          onClick={() => {
            remove(source);
          }}
        >
          Remove
        </button>
      )}
    </li>
  );
}
