import { Global, Module } from '@nestjs/common';
import { FleetModule } from '../fleet/fleet.module.ts';
import { SocketHub } from '../platform/socket-hub.ts';
import { HubRelay } from './hub-relay.ts';
import { LocalSocketHub } from './local-socket-hub.ts';
import { RelayedSocketHub } from './relayed-socket-hub.ts';
import { SocketGateway } from './socket.gateway.ts';
import { SocketPatrol } from './socket-patrol.ts';

/** Global: every module may tell that something changed; nobody needs to know the sockets for it. */
@Global()
@Module({
  providers: [LocalSocketHub, HubRelay, { provide: SocketHub, useClass: RelayedSocketHub }],
  exports: [SocketHub, LocalSocketHub],
})
export class SocketHubModule {}

@Module({ imports: [FleetModule], providers: [SocketGateway, SocketPatrol] })
export class SocketModule {}
