import { SOCKET_PATH } from '@tideline/contracts';
import { WebSocket } from 'ws';

export type SocketMessage = Readonly<Record<string, unknown>> & { readonly type: string };
type Waiter = {
  readonly matches: (message: SocketMessage) => boolean;
  readonly resolve: (message: SocketMessage) => void;
};

/** A socket that remembers what it was told, so that a test can wait for it whenever it came. */
export class TestSocket {
  readonly messages: SocketMessage[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly waiters: Waiter[] = [];

  private constructor(private readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as SocketMessage));
    socket.on('error', () => undefined); // told by `closed`, or by `open` below
  }

  /** Rejects with the HTTP status when the server does not let it in. */
  static open(url: string, headers: Readonly<Record<string, string>>): Promise<TestSocket> {
    const socket = new WebSocket(url.replace(/^http/, 'ws') + SOCKET_PATH, { headers });
    const test = new TestSocket(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(test));
      socket.on('unexpected-response', (_, response) => reject(new Error(`HTTP ${response.statusCode}`)));
    });
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The first message of this type that came or comes. */
  told(type: string, matches: (message: SocketMessage) => boolean = () => true): Promise<SocketMessage> {
    const isIt = (message: SocketMessage) => message.type === type && matches(message);
    const found = this.messages.find(isIt);
    if (found) return Promise.resolve(found);
    return new Promise((resolve) => this.waiters.push({ matches: isIt, resolve }));
  }

  close(): void {
    this.socket.close();
  }

  private take(message: SocketMessage): void {
    this.messages.push(message);
    for (const waiter of this.waiters) if (waiter.matches(message)) waiter.resolve(message);
  }
}
