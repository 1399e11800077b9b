import { useEffect } from 'react';

import { Stage } from './components/Stage';
import { Start } from './components/Start';
import { usePhase } from './hooks/useSessionStores';
import { useTexts } from './hooks/useTexts';
import { isOnStage } from './logic/phase';
import { codeOf } from './texts/texts';

export function App() {
  const texts = useTexts();
  useEffect(() => {
    document.documentElement.lang = codeOf(texts);
  }, [texts]);
  return isOnStage(usePhase()) ? <Stage /> : <Start />;
}
