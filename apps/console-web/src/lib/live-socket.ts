import { SOCKET_PATH, ToConsole } from '@tideline/contracts';
import { backoffMs } from './backoff.ts';

export type LiveState = 'connecting' | 'live' | 'reconnecting';
type Handlers = { readonly onMessage: (message: ToConsole) => void; readonly onState: (state: LiveState) => void };

/** Keeps one socket to the console open until stopped; after a loss it comes back with jitter. */
export function openLiveSocket({ onMessage, onState }: Handlers): () => void {
  let socket: WebSocket | undefined;
  let failedAttempts = 0;
  let timerId: number | undefined;
  let stopped = false;

  const connect = () => {
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${SOCKET_PATH}`);
    socket.onmessage = (event) => {
      const message = parseMessage(event.data);
      if (!message) return;
      failedAttempts = 0;
      if (message.type === 'welcome.v1') onState('live');
      onMessage(message);
    };
    socket.onclose = () => {
      if (stopped) return;
      onState('reconnecting');
      timerId = window.setTimeout(connect, backoffMs(failedAttempts, Math.random()));
      failedAttempts += 1;
    };
  };

  connect();
  return () => {
    stopped = true;
    window.clearTimeout(timerId);
    socket?.close();
  };
}

/** Messages of a newer server that this page does not know are passed over. */
function parseMessage(text: unknown): ToConsole | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return ToConsole.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON: nothing of ours
  }
}
