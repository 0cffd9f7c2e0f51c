export { transportContract } from './transport-contract.ts';
