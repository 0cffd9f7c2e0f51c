import type { Measured } from './scene.ts';

/** What a work is compared with: at most so many times the peer's seconds. */
export type PeerAim = { readonly peer: string; readonly factor: number };

/** One work of the engine: what was asked, what was measured; `peers` are seconds of others for the same work in the same run. */
export type EngineRow = {
  readonly work: string;
  /** Name of the same work in `peers.mjs`; absent where no peer does it. */
  readonly load?: string;
  readonly measured: string;
  readonly seconds: number;
  readonly aims: readonly PeerAim[];
  /** An aim of our own in words and whether it is met, beside those against peers. */
  readonly own?: { readonly aim: string; readonly isMet: boolean };
  readonly usage?: Measured;
};

export type PeerFigure = {
  readonly load: string;
  readonly peer: string;
  readonly seconds?: number;
  readonly p50ms?: number;
  readonly p95ms?: number;
  readonly cpuS?: number;
  readonly rssMiB?: number;
  readonly error?: string;
};

export function engineTable(rows: readonly EngineRow[], peers: readonly PeerFigure[]): string {
  const head = [
    'work',
    'measured',
    'aim',
    '',
    'CPU s: console / A / B',
    'peak MiB: console / A / B',
    '1,000 page faults: console / A / B',
    'others, s (ratio)',
  ];
  const lines = rows.map((row) => {
    const { usage } = row;
    const each = usage ? [usage.console, usage.agentA, usage.agentB] : [];
    return [
      row.work,
      row.measured,
      aimsOf(row),
      verdict(row, peers),
      each.map(({ cpuSeconds }) => cpuSeconds.toFixed(1)).join(' / '),
      each.map(({ peakMiB }) => peakMiB).join(' / '),
      each.map(({ faults }) => Math.round(faults / 1000)).join(' / '),
      peers
        .filter(({ load }) => load === row.load)
        .map((figure) => compared(row, figure))
        .join(', '),
    ];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function aimsOf({ own, aims }: EngineRow): string {
  return [...(own ? [own.aim] : []), ...aims.map(({ peer, factor }) => `≤ ${factor} × ${peer}`)].join('; ');
}

function verdict({ own, aims, seconds, load }: EngineRow, peers: readonly PeerFigure[]): string {
  const verdicts = aims.map(({ peer, factor }) => {
    const theirs = peers.find((figure) => figure.load === load && figure.peer === peer)?.seconds;
    return theirs === undefined ? undefined : seconds <= factor * theirs;
  });
  const known = [...(own ? [own.isMet] : []), ...verdicts.filter((met) => met !== undefined)];
  if (known.length === 0) return 'no peer here';
  return known.every(Boolean) ? 'met' : 'missed';
}

function compared({ seconds }: EngineRow, { peer, error, ...figure }: PeerFigure): string {
  if (figure.p50ms !== undefined) return `${peer} p50 ${figure.p50ms} ms, p95 ${figure.p95ms} ms`;
  if (figure.seconds === undefined) return `${peer} not measured (${error ?? 'no answer'})`;
  return `${peer} ${figure.seconds.toFixed(1)} (${(seconds / figure.seconds).toFixed(2)})`;
}
