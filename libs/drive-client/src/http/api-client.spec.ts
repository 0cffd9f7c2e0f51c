import { transportContract } from '../testing/transport-contract.ts';
import { fetchTransport } from './fetch-transport.ts';

transportContract('fetch', fetchTransport());
