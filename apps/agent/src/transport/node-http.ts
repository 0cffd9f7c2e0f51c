/**
 * Node's HTTP without its `WebSocket`: an `import` of it asks for everything it exports, and loads the whole of `fetch` and web streams
 * with that one name. Some 3 MiB in an agent that uses none of it.
 */
export const http = process.getBuiltinModule('node:http');
export const https = process.getBuiltinModule('node:https');
