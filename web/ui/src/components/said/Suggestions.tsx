import { useChoices } from '../../hooks/useChoices';
import { useBooth } from '../../hooks/useSessionStores';
import { useTexts } from '../../hooks/useTexts';

interface Props {
  readonly choose: (text: string) => void;
  readonly disabled: boolean;
}

/** Questions that fit who speaks, one touch away. */
export function Suggestions({ choose, disabled }: Props) {
  const { ask } = useTexts();
  const profile = useBooth().status?.profile ?? '';
  const found = useChoices()?.profiles.find((one) => one.name === profile)?.questions ?? [];
  return (
    <ul className="suggestions" aria-label={ask.suggestions}>
      {(found.length > 0 ? found : ask.usual).map((text) => (
        <li key={text}>
          <button
            type="button"
            className="chip"
            disabled={disabled}
            onClick={() => {
              choose(text);
            }}
          >
            {text}
          </button>
        </li>
      ))}
    </ul>
  );
}
