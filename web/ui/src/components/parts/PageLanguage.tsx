import { useTexts } from '../../hooks/useTexts';
import { prefer } from '../../session/preferences';
import { codeOf, LANGUAGES } from '../../texts/texts';
import { Select } from './Select';

export function PageLanguage() {
  const texts = useTexts();
  return (
    <Select
      label={texts.settings.pageLanguage}
      value={codeOf(texts)}
      options={Object.entries(LANGUAGES).map(([code, one]) => [code, one.name] as const)}
      choose={(language) => {
        prefer({ language });
      }}
    />
  );
}
