import { Stage } from './components/Stage';
import { StartScreen } from './components/StartScreen';
import { isOnStage } from './logic/phase';
import { useSession } from './session/context';

export function App() {
  return isOnStage(useSession().phase) ? <Stage /> : <StartScreen />;
}
