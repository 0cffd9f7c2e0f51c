#!/usr/bin/env node
// Peer benchmark: the same work given to rsync, unison, rclone and syncthing on loopback, on this machine, in one run.
// usage: peers.mjs [--work DIR] [--peers rsync,unison,rclone,syncthing] [--loads small,big,edit,tiny,noop,rename,latency]
//                  [--small 10000] [--big-mib 1024] [--noop 100000]
// prints one JSON line per (load, peer): {load, peer, seconds, rssMiB, cpuS}. Needs: apt rsync unison rclone syncthing.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import http from 'node:http';
import { performance } from 'node:perf_hooks';

const arg = (n, d) => {
  const i = process.argv.indexOf('--' + n);
  return i < 0 ? d : process.argv[i + 1];
};
const WORK = path.resolve(arg('work', path.join(os.tmpdir(), 'peerbench')));
const PEERS = arg('peers', 'rsync,unison,rclone,syncthing').split(',');
const LOADS = arg('loads', 'small,big,edit,noop,rename,latency').split(',');
const SMALL = +arg('small', 10000),
  BIG = +arg('big-mib', 1024),
  NOOP = +arg('noop', 100000);

export function rng(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
export function bytes(n, r) {
  const b = Buffer.allocUnsafe(n);
  let i = 0;
  for (; i + 4 <= n; i += 4) b.writeUInt32LE(r(), i);
  for (; i < n; i++) b[i] = r() & 255;
  return b;
}
export function makeSmall(dir, n, size = 4096, seed = 1, perDir = 100) {
  const r = rng(seed);
  for (let i = 0; i < n; i++) {
    const d = path.join(dir, 'd' + String(Math.floor(i / perDir)).padStart(5, '0'));
    if (i % perDir === 0) fs.mkdirSync(d, { recursive: true });
    fs.writeFileSync(path.join(d, 'f' + i + '.dat'), bytes(size, r));
  }
}
export function makeBig(file, mib, seed = 7) {
  const r = rng(seed),
    fd = fs.openSync(file, 'w');
  for (let i = 0; i < mib; i++) fs.writeSync(fd, bytes(1 << 20, r));
  fs.closeSync(fd);
}
const rm = (p) => fs.rmSync(p, { recursive: true, force: true });
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const count = (d) => {
  let n = 0;
  const st = [d];
  while (st.length) {
    let es;
    try {
      es = fs.readdirSync(st.pop(), { withFileTypes: true });
    } catch {
      continue;
    }
    for (const e of es) {
      const p = path.join(e.parentPath ?? e.path, e.name);
      if (e.name.startsWith('.st')) continue;
      if (e.isDirectory()) st.push(p);
      else n++;
    }
  }
  return n;
};

function timed(cmd, args, opts = {}) {
  // runs under /usr/bin/time, gives wall, cpu, peak RSS
  return new Promise((res, rej) => {
    const t0 = performance.now();
    const f = path.join(WORK, 'time.out');
    rm(f);
    const p = spawn('/usr/bin/time', ['-f', '%e %U %S %M', '-o', f, cmd, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...opts,
    });
    let err = '';
    p.stderr.on('data', (d) => (err += d));
    p.on('close', (rc) => {
      const s = (performance.now() - t0) / 1000;
      const l = fs.readFileSync(f, 'utf8').trim().split('\n').pop().split(' ').map(Number);
      if (rc !== 0 && !(opts.okRc ?? []).includes(rc)) return rej(new Error(cmd + ' rc ' + rc + ' ' + err.slice(-400)));
      res({ seconds: +s.toFixed(3), cpuS: +(l[1] + l[2]).toFixed(2), rssMiB: Math.round(l[3] / 1024) });
    });
  });
}
const procs = [];
const end = (p) =>
  new Promise((r) => {
    if (p.exitCode !== null) return r();
    p.on('exit', () => setTimeout(r, 300));
    p.kill();
  });
function bg(cmd, args, opts = {}) {
  const p = spawn(cmd, args, { stdio: 'ignore', ...opts });
  procs.push(p);
  return p;
}
const one = (pid) => {
  const s = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const rss = +(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1] ?? 0);
  return { cpuS: (+s[11] + +s[12]) / 100, rssMiB: Math.round(rss / 1024) };
};
const all = (pid) => [
  pid,
  ...fs.readdirSync(`/proc/${pid}/task`).flatMap((t) => {
    try {
      return fs.readFileSync(`/proc/${pid}/task/${t}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
    } catch {
      return [];
    }
  }),
];
export const procStat = (pid) =>
  all(pid)
    .map(one)
    .reduce((a, b) => ({ cpuS: a.cpuS + b.cpuS, rssMiB: a.rssMiB + b.rssMiB }));
const out = (load, peer, r) => console.log(JSON.stringify({ load, peer, ...r }));

const peers = {
  rsync: {
    async start() {
      this.src = path.join(WORK, 'rs-a');
      this.dst = path.join(WORK, 'rs-b');
      rm(this.src);
      rm(this.dst);
      fs.mkdirSync(this.src, { recursive: true });
      fs.mkdirSync(this.dst);
      fs.writeFileSync(
        path.join(WORK, 'rsyncd.conf'),
        `use chroot=no\nport=8730\nuid=root\ngid=root\n[b]\npath=${this.dst}\nread only=no\n`,
      );
      this.p = bg('rsync', ['--daemon', '--no-detach', '--config', path.join(WORK, 'rsyncd.conf')]);
      await sleep(500);
    },
    sync() {
      return timed('rsync', ['-a', '--delete', this.src + '/', 'rsync://127.0.0.1:8730/b/']);
    },
    async stop() {
      await end(this.p);
    },
  },
  unison: {
    async start() {
      this.src = path.join(WORK, 'un-a');
      this.dst = path.join(WORK, 'un-b');
      this.home = path.join(WORK, 'un-home');
      for (const d of [this.src, this.dst, this.home]) {
        rm(d);
        fs.mkdirSync(d, { recursive: true });
      }
      this.env = { ...process.env, UNISON: this.home, HOME: this.home };
      this.p = bg('unison', ['-socket', '8731', '-host', '127.0.0.1'], { env: this.env });
      await sleep(500);
    },
    sync() {
      return timed(
        'unison',
        [this.src, 'socket://127.0.0.1:8731/' + this.dst, '-batch', '-auto', '-silent', '-confirmbigdel=false'],
        { env: this.env, okRc: [1] },
      );
    },
    async stop() {
      await end(this.p);
    },
  },
  rclone: {
    async start() {
      this.src = path.join(WORK, 'rc-a');
      this.dst = path.join(WORK, 'rc-b');
      for (const d of [this.src, this.dst]) {
        rm(d);
        fs.mkdirSync(d, { recursive: true });
      }
      this.p = bg('rclone', ['serve', 'webdav', this.dst, '--addr', '127.0.0.1:8732']);
      await sleep(1000);
    },
    sync() {
      return timed('rclone', [
        'sync',
        this.src,
        ':webdav,url="http://127.0.0.1:8732":',
        '--transfers',
        '16',
        '--checkers',
        '16',
        '-q',
      ]);
    },
    async stop() {
      await end(this.p);
    },
  },
  syncthing: {
    async api(i, method, p, body) {
      for (let k = 0; ; k++) {
        try {
          return await this.call(i, method, p, body);
        } catch (e) {
          if (k > 4) throw e;
          await sleep(200);
        }
      }
    },
    call(i, method, p, body) {
      return new Promise((res, rej) => {
        const q = http.request(
          {
            host: '127.0.0.1',
            port: 8740 + i,
            path: p,
            method,
            headers: { 'X-API-Key': 'bench', 'Content-Type': 'application/json' },
            agent: false,
          },
          (r) => {
            let d = '';
            r.on('data', (c) => (d += c));
            r.on('end', () => {
              try {
                res(d ? JSON.parse(d) : null);
              } catch {
                res(d);
              }
            });
          },
        );
        q.on('error', rej);
        if (body) q.write(JSON.stringify(body));
        q.end();
      });
    },
    async start() {
      this.src = path.join(WORK, 'st-a');
      this.dst = path.join(WORK, 'st-b');
      this.n = [];
      for (const d of [this.src, this.dst]) {
        rm(d);
        fs.mkdirSync(d, { recursive: true });
      }
      for (const i of [0, 1]) {
        const home = path.join(WORK, 'st-home' + i);
        rm(home);
        execFileSync('syncthing', ['generate', '--home', home, '--no-default-folder'], { stdio: 'ignore' });
        const id = fs.readFileSync(path.join(home, 'config.xml'), 'utf8').match(/device id="([^"]+)"/)[1];
        this.n.push({ home, id });
      }
      for (const i of [0, 1]) {
        const x = path.join(this.n[i].home, 'config.xml');
        let c = fs.readFileSync(x, 'utf8');
        c = c
          .replace(/<address>127\.0\.0\.1:\d+<\/address>/, `<address>127.0.0.1:${8740 + i}</address>`)
          .replace(/<apikey>[^<]*<\/apikey>/, '<apikey>bench</apikey>');
        fs.writeFileSync(x, c);
        this.n[i].p = bg(
          'syncthing',
          ['serve', '--home', this.n[i].home, '--no-browser', '--no-upgrade', '--no-restart'],
          { env: { ...process.env, STNORESTART: '1', STNOUPGRADE: '1' } },
        );
      }
      for (const i of [0, 1])
        for (let k = 0; k < 100; k++) {
          try {
            await this.api(i, 'GET', '/rest/system/ping');
            break;
          } catch {
            await sleep(200);
          }
        }
      for (const i of [0, 1]) {
        const o = await this.api(i, 'GET', '/rest/config/options');
        Object.assign(o, {
          globalAnnounceEnabled: false,
          localAnnounceEnabled: false,
          relaysEnabled: false,
          natEnabled: false,
          urAccepted: -1,
          crashReportingEnabled: false,
          listenAddresses: [`tcp://127.0.0.1:${8750 + i}`],
          reconnectionIntervalS: 1,
        });
        await this.api(i, 'PUT', '/rest/config/options', o);
        await this.api(i, 'PUT', '/rest/config/devices/' + this.n[1 - i].id, {
          deviceID: this.n[1 - i].id,
          addresses: [`tcp://127.0.0.1:${8750 + 1 - i}`],
        });
      }
      for (const i of [0, 1])
        await this.api(i, 'PUT', '/rest/config/folders/b', {
          id: 'b',
          path: [this.src, this.dst][i],
          type: 'sendreceive',
          devices: this.n.map((x) => ({ deviceID: x.id })),
          fsWatcherEnabled: true,
          fsWatcherDelayS: 1,
          rescanIntervalS: 3600,
        });
      for (let k = 0; k < 200; k++) {
        const c = await this.api(0, 'GET', '/rest/system/connections');
        if (Object.values(c.connections ?? {}).some((x) => x.connected)) break;
        await sleep(100);
      }
      await sleep(1000);
    },
    async sync(want) {
      // ask for a scan on A; done when B is idle, needs nothing and the two global states agree
      const s0 = this.n.map((x) => procStat(x.p.pid));
      const t0 = performance.now();
      let peak = 0;
      await this.api(0, 'POST', '/rest/db/scan?folder=b');
      for (;;) {
        const [a, b] = await Promise.all([0, 1].map((i) => this.api(i, 'GET', '/rest/db/status?folder=b')));
        peak = Math.max(peak, ...this.n.map((x) => procStat(x.p.pid).rssMiB));
        if (
          a.state === 'idle' &&
          b.state === 'idle' &&
          b.needFiles + b.needDirectories + b.needDeletes === 0 &&
          a.globalFiles === b.localFiles &&
          a.localFiles === b.localFiles &&
          a.localBytes === b.localBytes &&
          (!want || want())
        )
          break;
        await sleep(50);
      }
      const s1 = this.n.map((x) => procStat(x.p.pid));
      return {
        seconds: +((performance.now() - t0) / 1000).toFixed(3),
        cpuS: +s1.reduce((t, x, i) => t + x.cpuS - s0[i].cpuS, 0).toFixed(2),
        rssMiB: peak,
      };
    },
    async latency(n = 20) {
      const v = [];
      for (let i = 0; i < n; i++) {
        const f = 'lat' + i + '.txt';
        const t = performance.now();
        fs.writeFileSync(path.join(this.src, f), 'x' + i);
        while (!fs.existsSync(path.join(this.dst, f))) await sleep(5);
        v.push(performance.now() - t);
        await sleep(300);
      }
      v.sort((a, b) => a - b);
      return { p50ms: Math.round(v[n >> 1]), p95ms: Math.round(v[Math.floor(n * 0.95)]) };
    },
    async stop() {
      for (const x of this.n) await end(x.p);
    },
  },
};

async function main() {
  fs.mkdirSync(WORK, { recursive: true });
  for (const name of PEERS) {
    const p = peers[name];
    const go = async (load, fn) => {
      if (!LOADS.includes(load)) return;
      try {
        out(load, name, await fn());
      } catch (e) {
        out(load, name, { error: String(e.message).slice(0, 300) });
      }
    };
    if (LOADS.some((l) => ['small', 'rename', 'latency'].includes(l))) {
      await p.start();
      makeSmall(path.join(p.src, 'tree'), SMALL);
      const r = await p.sync(() => count(p.dst) >= SMALL);
      out('small', name, r);
      await go('rename', async () => {
        fs.renameSync(path.join(p.src, 'tree'), path.join(p.src, 'moved'));
        return p.sync(() => !fs.existsSync(path.join(p.dst, 'tree')) && count(path.join(p.dst, 'moved')) >= SMALL);
      });
      if (p.latency) await go('latency', () => p.latency());
      await p.stop();
    }
    if (LOADS.some((l) => ['big', 'edit'].includes(l))) {
      await p.start();
      const f = path.join(p.src, 'big.bin');
      makeBig(f, BIG);
      out('big', name, await p.sync(() => fs.existsSync(path.join(p.dst, 'big.bin'))));
      await go('edit', async () => {
        const fd = fs.openSync(f, 'r+');
        fs.writeSync(fd, Buffer.from('EDIT'), 0, 4, (BIG << 20) >> 1);
        fs.closeSync(fd);
        const t = Date.now() / 1000 + 5;
        fs.utimesSync(f, t, t);
        return p.sync(() => {
          const fd2 = fs.openSync(path.join(p.dst, 'big.bin'), 'r');
          const b = Buffer.alloc(4);
          fs.readSync(fd2, b, 0, 4, (BIG << 20) >> 1);
          fs.closeSync(fd2);
          return b.toString() === 'EDIT';
        });
      });
      await p.stop();
    }
    if (LOADS.includes('noop') || LOADS.includes('tiny')) {
      await p.start();
      makeSmall(path.join(p.src, 'tree'), NOOP, 64, 3);
      out('tiny', name, await p.sync(() => count(p.dst) >= NOOP));
      await go('noop', () => p.sync());
      await p.stop();
    }
  }
}
if (process.argv[1] && import.meta.url.endsWith(path.basename(process.argv[1])))
  main().finally(() => {
    for (const p of procs)
      try {
        p.kill();
      } catch {
        // it ended by itself
      }
  });
