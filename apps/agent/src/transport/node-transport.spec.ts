import { transportContract } from '@tideline/drive-client/testing';
import { createNodeTransport } from './node-transport.ts';

transportContract("Node's own client", createNodeTransport());
