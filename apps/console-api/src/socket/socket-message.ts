import { FromDevice } from '@tideline/contracts';

type SocketData = string | Buffer | ArrayBuffer | Buffer[];

/** A message as the gateway dispatches it, by its type; `undefined` for what is not one, or of a newer agent. */
export function parseSocketMessage(data: SocketData): { event: string; data: FromDevice } | undefined {
  try {
    const parsed = FromDevice.safeParse(JSON.parse(toText(data)));
    return parsed.success ? { event: parsed.data.type, data: parsed.data } : undefined;
  } catch {
    return undefined; // not JSON: dropped like any other message that is not understood
  }
}

function toText(data: SocketData): string {
  if (typeof data === 'string') return data;
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
