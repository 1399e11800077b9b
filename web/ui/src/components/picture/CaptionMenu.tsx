import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { prefer, preferences } from '../../session/preferences';
import { Choice } from '../parts/Choice';
import { Menu } from '../parts/Menu';

export function CaptionMenu() {
  const { tools } = useTexts();
  const { captionPlace, captionSize } = useStore(preferences);
  return (
    <Menu icon="captions" label={tools.captions}>
      <Choice
        label={tools.place}
        value={captionPlace}
        options={tools.places}
        choose={(place) => {
          prefer({ captionPlace: place });
        }}
      />
      <Choice
        label={tools.size}
        value={captionSize}
        options={tools.sizes}
        choose={(size) => {
          prefer({ captionSize: size });
        }}
      />
    </Menu>
  );
}
