import { usePictures } from '../../hooks/usePictures';
import { useSettings } from '../../hooks/useSettings';
import { useBooth } from '../../hooks/useSessionStores';
import { useTexts } from '../../hooks/useTexts';
import { Select } from '../parts/Select';

/** Which of the pictures in the room is watched. */
export function InRoom() {
  const { source } = useTexts();
  const pictures = usePictures();
  const watched = useBooth().status?.source ?? '';
  const { values, change, error } = useSettings();
  const chosen = typeof values?.['source'] === 'string' ? values['source'] : '';
  const name = pictures.find(([identity]) => identity === watched)?.[1];
  return (
    <section>
      <h2>{source.inRoom}</h2>
      {pictures.length === 0 && <p className="hint">{source.none}</p>}
      {values && (pictures.length > 0 || chosen !== '') && (
        <Select
          label={source.watch}
          value={chosen}
          options={[['', source.automatic], ...pictures]}
          choose={(identity) => void change('source', identity)}
          hint={name === undefined ? '' : `${source.now}: ${name}`}
        />
      )}
      <p className="error" role="alert">
        {error('source')}
      </p>
    </section>
  );
}
